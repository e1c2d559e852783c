/**
 * The picture and the sound by way of the WebSocket, while it is wanted: see `signaling/protocol/socket-media.ts`.
 */
import {
  readMediaFrame,
  socketVideoCodecs,
  type MediaStarted,
  type SocketVideoCodec,
} from "../../../signaling/protocol/socket-media.ts";
import type { AgentLink, ClientFeature } from "../feature.ts";
import { AudioDecoding, canDecode, VideoDecoding } from "./decoding.ts";

/** Hears of what comes. */
export interface SocketMediaListener {
  /** The first frame of it follows. */
  onTrack(track: MediaStreamTrack): void;
  /** What the agent sends from now on. */
  onStarted(media: Omit<MediaStarted, "type">): void;
  /** Nothing of it can be shown here. */
  onFailed(): void;
}

/** Acknowledgements are at least this far apart. */
const ackEveryMs = 20;
/** A picture that is not seen is asked for again after this. */
const showEveryMs = 500;

/** See the module's description. */
export class SocketMedia implements ClientFeature {
  readonly handlers = {
    "media-started": (started: MediaStarted): void => {
      this.#onStarted(started);
    },
  };
  readonly #listener: SocketMediaListener;
  readonly #failed = new Set<SocketVideoCodec>();
  /** A decoder of sound gave none: the picture is better than neither. */
  #isAudioBroken = false;
  #link: AgentLink | undefined;
  #video: VideoDecoding | undefined;
  #audio: AudioDecoding | undefined;
  #isWanted = false;
  /** Whether the track of the picture was handed over. */
  #isShown = false;
  #dealtWith: number | undefined;
  #showTimer: ReturnType<typeof setInterval> | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: SocketMediaListener) {
    this.#listener = listener;
  }

  /** Whether it was started and not stopped. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Asks for it; without effect where it was asked for already. */
  start(): void {
    if (this.#isWanted || this.#link === undefined) return;
    this.#isWanted = true;
    this.#ask();
  }

  /** Wants no more of it; idempotent. */
  stop(): void {
    if (!this.#isWanted) return;
    this.#link?.send({ type: "media-stop" });
    this.#end();
  }

  onOpen(link: AgentLink): void {
    this.#link = link;
  }

  onClosed(): void {
    this.#link = undefined;
    this.#failed.clear();
    this.#isAudioBroken = false;
    this.#end();
  }

  onFrame(message: Uint8Array): boolean {
    const frame = readMediaFrame(message);
    if (frame === undefined) return false;
    const decoding = frame.kind === "audio" ? this.#audio : this.#video;
    // Of a stream that was stopped meanwhile.
    if (decoding === undefined) this.#acknowledge(frame.sequence);
    else decoding.push(frame);
    return true;
  }

  /** A frame of it is on the screen. */
  shown(): void {
    clearInterval(this.#showTimer);
  }

  /** Asks for a key frame. */
  refresh(): void {
    if (this.#isWanted) this.#link?.send({ type: "media-refresh" });
  }

  #ask(): void {
    const videoCodecs = socketVideoCodecs.filter(
      (codec) => !this.#failed.has(codec),
    );
    if (!canDecode() || videoCodecs.length === 0) {
      this.stop();
      this.#listener.onFailed();
      return;
    }
    const audio = "AudioDecoder" in globalThis && !this.#isAudioBroken;
    this.#link?.send({ type: "media-start", videoCodecs, audio });
  }

  #onStarted({ video, audio }: MediaStarted): void {
    if (!this.#isWanted) return;
    this.#closeDecoders();
    if (video === null) {
      this.stop();
      this.#listener.onFailed();
      return;
    }
    const { codec } = video;
    this.#video = new VideoDecoding(codec, {
      onDealtWith: (sequence) => {
        this.#acknowledge(sequence);
      },
      onKeyFrameNeeded: () => {
        this.refresh();
      },
      onDecoded: () => {
        this.#offerTrack();
      },
      onFailed: () => {
        this.#failed.add(codec);
        this.#ask();
      },
    });
    if (audio)
      this.#audio = new AudioDecoding({
        onDealtWith: (sequence) => {
          this.#acknowledge(sequence);
        },
        onFailed: () => {
          this.#isAudioBroken = true;
          this.#ask();
        },
      });
    this.#listener.onStarted({ video, audio });
    this.#isShown = false;
    if (this.#audio !== undefined) this.#listener.onTrack(this.#audio.track);
  }

  /** With the first frame that was decoded, and not before: until then whatever else there is is better than nothing. */
  #offerTrack(): void {
    if (this.#isShown || this.#video === undefined) return;
    this.#isShown = true;
    this.#listener.onTrack(this.#video.track);
    // An element that is slow to take the track misses the frame, and a screen that stands still sends no other.
    clearInterval(this.#showTimer);
    this.#showTimer = setInterval(() => {
      this.refresh();
    }, showEveryMs);
  }

  /** All that the agent does not hear of counts as under way: the last one is told, however late. */
  #acknowledge(sequence: number): void {
    this.#dealtWith = sequence;
    this.#ackTimer ??= setTimeout(() => {
      this.#ackTimer = undefined;
      if (this.#dealtWith === undefined || !this.#isWanted) return;
      this.#link?.send({ type: "media-ack", sequence: this.#dealtWith });
    }, ackEveryMs);
  }

  #end(): void {
    this.#isWanted = false;
    clearInterval(this.#showTimer);
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.#dealtWith = undefined;
    this.#closeDecoders();
  }

  #closeDecoders(): void {
    this.#video?.close();
    this.#audio?.close();
    this.#video = undefined;
    this.#audio = undefined;
  }
}
