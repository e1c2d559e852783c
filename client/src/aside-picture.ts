/**
 * The picture that comes beside WebRTC: by the WebSocket, and where that shows nothing, by VNC until it does.
 */
import type { TransportMode } from "../../signaling/protocol.ts";
import {
  SocketMedia,
  type SocketMediaListener,
} from "./socket-media/socket-media.ts";
import { VncPicture, type LoadVnc } from "./vnc-picture.ts";

/** A stream that shows nothing for so long, in milliseconds, is helped out by VNC. */
export const socketPatienceMs = 4_000;

/** What VNC needs. */
export interface VncAccess {
  load: LoadVnc;
  /** Of the agent's page. */
  credentials: () => { url: string; token: string };
  /** Whether the session has VNC, for all that is known; asked each time before it is tried. */
  isOn: () => boolean;
}

/** See the module's description. */
export class AsidePicture {
  /** Hears what the agent sends by the WebSocket. */
  readonly socketMedia: SocketMedia;
  readonly #listener: SocketMediaListener;
  readonly #vnc: VncPicture | undefined;
  readonly #isVncOn: () => boolean;
  #socketTrack: MediaStreamTrack | undefined;
  #isSocketBroken = false;
  #isByVnc = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param options.listener hears of the picture of either kind; `onFailed` where there is none of either.
   * @param options.vnc where absent, there is no VNC.
   */
  constructor(options: {
    listener: SocketMediaListener;
    vnc: VncAccess | undefined;
  }) {
    const { listener, vnc } = options;
    this.#listener = listener;
    this.#isVncOn = vnc?.isOn ?? (() => false);
    this.socketMedia = new SocketMedia({
      onTrack: (track) => {
        this.#onSocketTrack(track);
      },
      onStarted: (media) => {
        listener.onStarted(media);
      },
      onFailed: () => {
        this.#isSocketBroken = true;
        this.#toVnc();
      },
    });
    this.#vnc =
      vnc === undefined
        ? undefined
        : new VncPicture({
            ...vnc,
            listener: {
              onTrack: (track) => {
                this.#isByVnc = true;
                listener.onTrack(track);
              },
              onFailed: () => {
                this.#onVncFailed();
              },
            },
          });
  }

  /** Whether the picture that comes is that of VNC. */
  get isByVnc(): boolean {
    return this.#isByVnc;
  }

  /** @param mode `vnc` for VNC alone; `websocket` for all but VNC. */
  start(mode: TransportMode): void {
    this.#isSocketBroken = mode === "vnc";
    if (mode === "vnc") {
      this.#toVnc();
      return;
    }
    this.socketMedia.start();
    if (mode === "websocket" || this.#vnc === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#isVncOn()) this.#vnc?.start();
    }, socketPatienceMs);
  }

  /** Shows again what came last, after something else was tried in its place. */
  showAgain(): void {
    const track = this.#isByVnc ? this.#vnc?.track : this.#socketTrack;
    if (track === undefined) return;
    this.#listener.onTrack(track);
    if (!this.#isByVnc) this.socketMedia.refresh();
  }

  /** Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
    this.socketMedia.stop();
    this.#vnc?.stop();
    this.#socketTrack = undefined;
    this.#isByVnc = false;
  }

  #onSocketTrack(track: MediaStreamTrack): void {
    if (track.kind === "video") {
      clearTimeout(this.#timer);
      this.#socketTrack = track;
      this.#isByVnc = false;
      this.#listener.onTrack(track);
      this.#vnc?.stop();
    } else this.#listener.onTrack(track);
  }

  #toVnc(): void {
    clearTimeout(this.#timer);
    if (this.#vnc === undefined || !this.#isVncOn()) this.#listener.onFailed();
    else this.#vnc.start();
  }

  /** The WebSocket's picture may still come, where it is not known that it cannot. */
  #onVncFailed(): void {
    this.#isByVnc = false;
    if (this.#isSocketBroken) this.#listener.onFailed();
  }
}
