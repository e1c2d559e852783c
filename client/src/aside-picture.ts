/**
 * The picture that comes beside WebRTC: by the WebSocket, and where that shows nothing, or nothing new for want of an
 * encoder, by VNC until it does.
 */
import type { TransportMode } from "../../signaling/protocol.ts";
import {
  SocketMedia,
  type SocketMediaListener,
} from "./socket-media/socket-media.ts";
import { pathPatience } from "./media-path.ts";
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
  /** Whether VNC shows what the stream's encoder does not, or is about to. */
  #isUnencoded = false;
  /** Runs while a frame of the stream is expected. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Runs while its encoder does not. */
  #encoderTimer: ReturnType<typeof setTimeout> | undefined;
  #mode: TransportMode = "auto";

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
                this.#onVncTrack(track);
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
    this.#mode = mode;
    this.#isSocketBroken = mode === "vnc";
    if (mode === "vnc") {
      this.#toVnc();
      return;
    }
    this.#startSocket();
  }

  /** A frame of what it gave is on the screen. */
  onShown(): void {
    if (this.#isByVnc) return;
    clearTimeout(this.#timer);
    this.socketMedia.shown();
    this.#vnc?.stop();
  }

  /** Whether the session encodes what comes by the WebSocket. Where it does not for long, VNC shows more. */
  onEncoded(isEncoded: boolean): void {
    if (!isEncoded) {
      if (!this.socketMedia.isWanted || !this.#canHelpOut) return;
      this.#encoderTimer ??= setTimeout(() => {
        this.#onUnencoded();
      }, pathPatience.unencodedMs);
      return;
    }
    this.#forgetEncoder();
    if (!this.#isUnencoded) return;
    this.#isUnencoded = false;
    if (this.socketMedia.isWanted) {
      this.#vnc?.stop();
      this.socketMedia.refresh();
    } else this.#startSocket();
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
    this.#forgetEncoder();
    this.#isUnencoded = false;
    this.socketMedia.stop();
    this.#vnc?.stop();
    this.#socketTrack = undefined;
    this.#isByVnc = false;
  }

  /** Whether VNC may take the place of the WebSocket. */
  get #canHelpOut(): boolean {
    return (
      this.#mode !== "websocket" && this.#vnc !== undefined && this.#isVncOn()
    );
  }

  #startSocket(): void {
    this.socketMedia.start();
    this.#expectFrame();
  }

  #expectFrame(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#helpOut();
    }, socketPatienceMs);
  }

  #helpOut(): void {
    if (!this.#canHelpOut) return;
    const track = this.#vnc?.track;
    if (track === undefined) this.#vnc?.start();
    else this.#onVncTrack(track);
  }

  /** The stream's last frame stands on the screen until that of VNC does. */
  #onUnencoded(): void {
    this.#encoderTimer = undefined;
    if (!this.socketMedia.isWanted || !this.#canHelpOut) return;
    this.#isUnencoded = true;
    clearTimeout(this.#timer);
    this.#helpOut();
  }

  #onVncTrack(track: MediaStreamTrack): void {
    this.#isByVnc = true;
    this.#listener.onTrack(track);
    if (!this.#isUnencoded) return;
    // Asked for again when there is something to send.
    this.socketMedia.stop();
    this.#socketTrack = undefined;
  }

  #forgetEncoder(): void {
    clearTimeout(this.#encoderTimer);
    this.#encoderTimer = undefined;
  }

  /** VNC goes on until a frame of it is seen: a stream may end with its first one. */
  #onSocketTrack(track: MediaStreamTrack): void {
    if (track.kind === "video") {
      this.#socketTrack = track;
      this.#isByVnc = false;
      this.#expectFrame();
    }
    this.#listener.onTrack(track);
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
    else if (this.#isUnencoded) {
      this.#isUnencoded = false;
      if (!this.socketMedia.isWanted) this.#startSocket();
    }
  }
}
