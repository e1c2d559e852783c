/**
 * Decodes the frames of the agent with WebCodecs, and gives them to a track.
 */
import type {
  MediaFrame,
  SocketVideoCodec,
} from "../../../signaling/protocol/socket-media.ts";
import { codecStringOf } from "./codec-string.ts";
import { audioSink, videoSink, type TrackSink } from "./track-sink.ts";

/** What becomes of the frames. */
export interface DecodingListener {
  /** A frame has been dealt with, be it that it was decoded or that it was of no use. */
  onDealtWith(sequence: number): void;
  /** Nothing can be decoded before a key frame. */
  onKeyFrameNeeded(): void;
  /** A picture came out of the decoder. */
  onDecoded(): void;
  /** The decoder gave up, or takes frames and gives none: another codec may do. */
  onFailed(): void;
}

/** A decoder that has a frame and gives nothing for so long, in milliseconds, gives nothing. */
export const silentMs = 2_500;
/** More than this waiting for the decoder, and the next frame is acknowledged only when there are fewer. */
const mostWaiting = 2;
/** RTP clock ticks in a microsecond, which is what WebCodecs counts in. */
const videoTicks = 0.09;
const audioTicks = 0.048;
const opus = {
  codec: "opus",
  sampleRate: 48_000,
  numberOfChannels: 2,
} as const;

/** Whether this page has what it takes; browsers have it in secure contexts only. */
export function canDecode(): boolean {
  return "VideoDecoder" in globalThis && "EncodedVideoChunk" in globalThis;
}

/** Decodes video. */
export class VideoDecoding {
  readonly #codec: SocketVideoCodec;
  readonly #listener: DecodingListener;
  readonly #sink: TrackSink<VideoFrame> = videoSink();
  readonly #decoder: VideoDecoder;
  /** What the decoder was told last. */
  #configured: string | undefined;
  /** Frames that the decoder has, oldest first. */
  #waiting: number[] = [];
  /** Runs from the first frame on that nothing has come out for. */
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(codec: SocketVideoCodec, listener: DecodingListener) {
    this.#codec = codec;
    this.#listener = listener;
    this.#decoder = new VideoDecoder({
      output: (frame) => {
        this.#heard();
        listener.onDecoded();
        this.#sink.write(frame);
      },
      error: () => {
        this.#heard();
        listener.onFailed();
      },
    });
    this.#decoder.addEventListener("dequeue", () => {
      this.#acknowledge();
    });
  }

  get track(): MediaStreamTrack {
    return this.#sink.track;
  }

  push({ kind, sequence, timestamp, content }: MediaFrame): void {
    if (this.#decoder.state === "closed") return;
    const isKeyFrame = kind === "video-key";
    if (isKeyFrame) this.#configure(content);
    if (this.#configured === undefined) {
      this.#listener.onDealtWith(sequence);
      if (!isKeyFrame) this.#listener.onKeyFrameNeeded();
      return;
    }
    this.#waiting.push(sequence);
    this.#decoder.decode(
      new EncodedVideoChunk({
        type: isKeyFrame ? "key" : "delta",
        timestamp: Math.round(timestamp / videoTicks),
        data: content,
      }),
    );
    this.#silence ??= setTimeout(() => {
      this.#listener.onFailed();
    }, silentMs);
    this.#acknowledge();
  }

  /** Idempotent. */
  close(): void {
    this.#heard();
    if (this.#decoder.state !== "closed") this.#decoder.close();
    this.#sink.close();
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }

  #configure(keyFrame: Uint8Array): void {
    const codec = codecStringOf(this.#codec, keyFrame);
    if (codec === undefined || codec === this.#configured) return;
    this.#configured = codec;
    this.#decoder.configure({ codec, optimizeForLatency: true });
  }

  #acknowledge(): void {
    const done = this.#waiting.length - this.#decoder.decodeQueueSize;
    const isBusy = this.#decoder.decodeQueueSize > mostWaiting;
    const dealtWith = this.#waiting.splice(
      0,
      isBusy ? Math.max(0, done) : this.#waiting.length,
    );
    const last = dealtWith.at(-1);
    if (last !== undefined) this.#listener.onDealtWith(last);
  }
}

/** What becomes of the sound. */
export type AudioDecodingListener = Pick<
  DecodingListener,
  "onDealtWith" | "onFailed"
>;

/** Decodes stereo Opus. A decoder that fails after it has given sound is replaced: any packet is a beginning. */
export class AudioDecoding {
  readonly #listener: AudioDecodingListener;
  readonly #sink: TrackSink<AudioData> = audioSink();
  #decoder: AudioDecoder;
  /** Whether the decoder has given any sound. */
  #hasSounded = false;

  constructor(listener: AudioDecodingListener) {
    this.#listener = listener;
    this.#decoder = this.#open();
  }

  get track(): MediaStreamTrack {
    return this.#sink.track;
  }

  push({ sequence, timestamp, content }: MediaFrame): void {
    this.#listener.onDealtWith(sequence);
    if (this.#decoder.state === "closed") return;
    this.#decoder.decode(
      new EncodedAudioChunk({
        type: "key",
        timestamp: Math.round(timestamp / audioTicks),
        data: content,
      }),
    );
  }

  /** Idempotent. */
  close(): void {
    if (this.#decoder.state !== "closed") this.#decoder.close();
    this.#sink.close();
  }

  #open(): AudioDecoder {
    const decoder = new AudioDecoder({
      output: (data) => {
        this.#hasSounded = true;
        this.#sink.write(data);
      },
      error: () => {
        if (decoder === this.#decoder) this.#onError();
      },
    });
    decoder.configure(opus);
    return decoder;
  }

  #onError(): void {
    if (!this.#hasSounded) {
      this.#listener.onFailed();
      return;
    }
    this.#hasSounded = false;
    this.#decoder = this.#open();
  }
}
