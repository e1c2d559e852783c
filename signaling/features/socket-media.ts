/**
 * Sends a viewer the session's video and sound over its WebSocket, when it asks for that: see
 * `protocol/socket-media.ts`. A viewer costs the session no encoder of its own.
 */
import type { Clock } from "../../agent/base/clock.ts";
import type {
  AudioOffer,
  MediaSink,
  MediaSource,
  MediaSubscription,
} from "../media.ts";
import {
  mediaHeaderBytes,
  socketVideoCodecs,
  writeMediaHeader,
  type MediaKind,
  type MediaStart,
  type SocketVideoCodec,
} from "../protocol/socket-media.ts";
import { SocketFlow } from "../socket-media/flow.ts";
import { FrameAssembler } from "../socket-media/frame-assembler.ts";
import type { OpenFeature, ViewerSide } from "../viewer-feature.ts";

/** What is wanted of the session. */
export interface SocketMediaSession {
  readonly clock: Clock;
  video(
    codecs: readonly SocketVideoCodec[],
  ):
    | { codec: SocketVideoCodec; encoder: string; source: MediaSource }
    | undefined;
  audio(): AudioOffer | undefined;
}

/** See the module's description. */
export function openSocketMedia(session: SocketMediaSession): OpenFeature {
  return (viewer) => {
    let stream: SocketStream | undefined;
    const stop = (): void => {
      stream?.close();
      stream = undefined;
    };
    return {
      handlers: {
        "media-start": (wanted) => {
          stop();
          stream = new SocketStream(session, viewer, wanted);
        },
        "media-ack": ({ sequence }) => {
          stream?.onAck(sequence);
        },
        "media-refresh": () => {
          stream?.refresh();
        },
        "media-stop": stop,
      },
      close: stop,
    };
  };
}

const rtpHeaderBytes = 12;
const timestampOffset = 4;

class SocketStream {
  readonly #clock: Clock;
  readonly #viewer: ViewerSide;
  readonly #flow = new SocketFlow();
  readonly #assembler: FrameAssembler | undefined;
  readonly #source: MediaSource | undefined;
  readonly #video: MediaSubscription | undefined;
  readonly #audio: MediaSubscription | undefined;
  #sequence = 0;
  #toldBps: number | undefined;

  constructor(
    session: SocketMediaSession,
    viewer: ViewerSide,
    { videoCodecs, audio }: MediaStart,
  ) {
    this.#clock = session.clock;
    this.#viewer = viewer;
    const codecs = socketVideoCodecs.filter((codec) =>
      videoCodecs.includes(codec),
    );
    const video = session.video(codecs);
    const sound = audio ? session.audio() : undefined;
    viewer.send({
      type: "media-started",
      video:
        video === undefined
          ? null
          : { codec: video.codec, encoder: video.encoder },
      audio: sound !== undefined,
    });
    viewer.log.info(
      { codec: video?.codec, audio: sound !== undefined },
      "the viewer gets its picture over the WebSocket",
    );
    this.#source = video?.source;
    if (video !== undefined) {
      this.#assembler = new FrameAssembler(video.codec, (frame, about) => {
        this.#onFrame(frame, about);
      });
      this.#video = video.source.subscribe(this.#videoSink(this.#assembler));
      video.source.requestKeyFrame();
    }
    this.#audio = sound?.source.subscribe(this.#audioSink());
  }

  onAck(sequence: number): void {
    const isBack = this.#flow.onAck(this.#clock.nowMs(), sequence);
    this.#tellRate();
    // A screen that stands still sends nothing by itself.
    if (isBack) this.#source?.requestKeyFrame();
  }

  /** The viewer cannot decode what comes. */
  refresh(): void {
    this.#flow.reset();
    this.#source?.requestKeyFrame();
  }

  /** Idempotent. */
  close(): void {
    this.#video?.close();
    this.#audio?.close();
  }

  #videoSink(assembler: FrameAssembler): MediaSink {
    return {
      onPacket: (packet, startsKeyFrame) => {
        assembler.onPacket(packet, startsKeyFrame);
      },
      onSenderReport: () => undefined,
      onReset: () => {
        assembler.reset();
        this.#flow.reset();
      },
    };
  }

  #audioSink(): MediaSink {
    return {
      onPacket: (packet) => {
        if (this.#flow.judgeAudio(this.#clock.nowMs()) !== "send") return;
        const frame = Buffer.allocUnsafe(
          mediaHeaderBytes + packet.length - rtpHeaderBytes,
        );
        packet.copy(frame, mediaHeaderBytes, rtpHeaderBytes);
        this.#send("audio", frame, packet.readUInt32BE(timestampOffset));
      },
      onSenderReport: () => undefined,
      onReset: () => undefined,
    };
  }

  #onFrame(
    frame: Uint8Array,
    { isKeyFrame, timestamp }: { isKeyFrame: boolean; timestamp: number },
  ): void {
    const verdict = this.#flow.judgeVideo(this.#clock.nowMs(), isKeyFrame);
    this.#tellRate();
    if (verdict === "send")
      this.#send(isKeyFrame ? "video-key" : "video", frame, timestamp);
    else if (verdict === "drop-and-refresh") this.#source?.requestKeyFrame();
  }

  #send(kind: MediaKind, frame: Uint8Array, timestamp: number): void {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) >>> 0;
    writeMediaHeader(frame, { kind, sequence, timestamp });
    this.#flow.onSent(this.#clock.nowMs(), sequence, frame.length);
    this.#viewer.sendFrame(frame);
  }

  #tellRate(): void {
    const { targetBps } = this.#flow;
    if (targetBps === this.#toldBps) return;
    this.#toldBps = targetBps;
    this.#video?.wish({ targetBps });
  }
}
