/**
 * A stream of the screen as the agent makes it, with what a measurement needs to see of it. The one place of
 * this benchmark that knows how pipelines are run.
 */
import type { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { runHost } from "../../../encoders/host/host-child.ts";
import { startsKeyFrame } from "../../../encoders/key-frames.ts";
import { runPipeline } from "../../../encoders/pipeline-child.ts";
import { rtpHeaderBytes } from "../../../encoders/rtp-packets.ts";
import { RtpSource } from "../../../encoders/rtp-source.ts";
import {
  videoClockRate,
  type VideoEncoder,
} from "../../../encoders/video-encoding.ts";
import type { MediaSink, MediaSource } from "../../../signaling/media.ts";
import type { ScreenSize } from "../latency/options.ts";
import { stagedHostPipeline, stagedPollingPipeline } from "./stages.ts";

/** How the screen is captured. */
export type RunnerName = "host" | "gst-launch";

export interface StreamOptions {
  runner: RunnerName;
  encoder: VideoEncoder;
  /** `:7` */
  display: string;
  size: ScreenSize;
  frameRate: number;
  bitrateBps: number;
  spawner: ChildSpawner;
  signal: AbortSignal;
}

/** A running stream. */
export interface Stream extends AsyncDisposable {
  /** Process id of its child. */
  pid: number;
  source: MediaSource;
  /** What has come out of it. */
  counts: StreamCounts;
  /** Wall time that converting a frame took on average in the last half second; only a host tells. */
  convertMs(): number | undefined;
  /** Keeps every packet from now on. */
  record(): readonly Buffer[];
}

/** Counts since the start. */
export interface StreamCounts {
  readonly frames: number;
  readonly bytes: number;
}

const startTimeoutMs = 10_000;
const stallMs = 5_000;
/** Threads of a software encoder, as the agent sets them on two processors. */
const encoderThreads = 2;

/**
 * Starts a stream and waits for its first packet.
 * @throws StreamSpaceError as the runner.
 */
export async function startStream(options: StreamOptions): Promise<Stream> {
  const { encoder, display, size, frameRate, bitrateBps, spawner, signal } =
    options;
  const source = new RtpSource({
    clock: systemClock,
    startsKeyFrame: startsKeyFrame[encoder.codec],
  });
  const tally = new Tally();
  source.subscribe(tally);
  const encoding = { frameRate, bitrateBps, threads: encoderThreads };
  const common = {
    source,
    spawner,
    clock: systemClock,
    env: process.env,
    timeoutMs: startTimeoutMs,
    stallMs,
    signal,
  };
  const before = new Set(spawner.children);
  const running =
    options.runner === "host"
      ? await runHost({
          ...common,
          pipeline: stagedHostPipeline(encoder, encoding),
          display,
          showPointer: true,
          frameRate,
          targetBps: bitrateBps,
        })
      : await runPipeline({
          ...common,
          pipeline: stagedPollingPipeline({
            ...encoding,
            encoder,
            display,
            screen: size,
          }),
        });
  const child = [...spawner.children].find((other) => !before.has(other));
  if (child === undefined) {
    await running.close();
    throw new StreamSpaceError("child-exited", "the stream's child is gone");
  }
  return {
    pid: child.pid,
    source: {
      clockRate: videoClockRate,
      subscribe: (sink) => ({
        wish: () => undefined,
        close: source.subscribe(sink),
      }),
      requestKeyFrame: () => {
        source.requestKeyFrame();
      },
    },
    counts: tally,
    convertMs: () =>
      "lastBeat" in running ? running.lastBeat?.convert.meanMs : undefined,
    record: () => tally.record(),
    [Symbol.asyncDispose]: () => running.close(),
  };
}

/** Frames are told apart by their timestamps. */
class Tally implements MediaSink, StreamCounts {
  frames = 0;
  bytes = 0;
  #timestamp: number | undefined;
  #recorded: Buffer[] | undefined;

  record(): readonly Buffer[] {
    this.#recorded = [];
    return this.#recorded;
  }

  onPacket(packet: Buffer): void {
    const timestamp = packet.readUInt32BE(4);
    if (timestamp !== this.#timestamp) this.frames += 1;
    this.#timestamp = timestamp;
    this.bytes += packet.length - rtpHeaderBytes;
    this.#recorded?.push(packet);
  }

  onSenderReport(): void {
    // Of no interest here.
  }

  onReset(): void {
    this.#timestamp = undefined;
  }
}
