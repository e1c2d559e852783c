/**
 * Runs a {@link Pipeline} in a `gst-launch-1.0` child and feeds its packets to an {@link RtpSource}.
 */
import {
  describeExit,
  type ChildSpawner,
  type ExitReason,
  type OwnedChild,
} from "../agent/base/child-process.ts";
import type { Clock } from "../agent/base/clock.ts";
import { withDeadline } from "../agent/base/deadline.ts";
import { StreamSpaceError } from "../agent/base/errors.ts";
import { rtcpDescriptor, rtpDescriptor, type Pipeline } from "./pipeline.ts";
import { frameRtp, RtpFrameDecoder } from "./rtp-framing.ts";
import { isRtcp, isRtp, pictureLossIndication } from "./rtp-packets.ts";
import type { RtpFeed, RtpSource } from "./rtp-source.ts";

/** A pipeline whose first packet has arrived. */
export interface RunningPipeline {
  /** Settles once, when the child is gone; `stalled` where it stopped sending. */
  readonly exited: Promise<ExitReason>;
  close(): Promise<void>;
  lastLines(): string[];
}

/** How to run a pipeline. */
export interface RunPipelineOptions {
  pipeline: Pipeline;
  source: RtpSource;
  spawner: ChildSpawner;
  clock: Clock;
  /** Environment of the child; names the X authority file. */
  env: NodeJS.ProcessEnv;
  /** The first packet must arrive within this. */
  timeoutMs: number;
  /** A running pipeline that sends nothing for this long is replaced. */
  stallMs: number;
  signal: AbortSignal;
}

/**
 * Starts the child and waits for its first RTP packet.
 * @throws StreamSpaceError `missing-program`, `missing-element`, `child-exited`, `timeout`, `aborted`.
 */
export async function runPipeline(
  options: RunPipelineOptions,
): Promise<RunningPipeline> {
  const { pipeline, spawner, signal, timeoutMs } = options;
  const child = await spawner.spawn({
    name: pipeline.name,
    file: "gst-launch-1.0",
    args: ["-q", ...pipeline.args],
    env: options.env,
    extraPipes: rtcpDescriptor - 2,
    // It holds nothing that needs putting away, and a hung driver does not listen anyway.
    killLadder: [{ signal: "SIGKILL", waitMs: 1_000 }],
  });
  const feed = new PipelineFeed(child, options);
  try {
    await withDeadline(
      Promise.race([feed.firstPacket, failsOnExit(child, pipeline)]),
      { timeoutMs, signal, what: `the first packet of ${pipeline.name}` },
    );
  } catch (error) {
    await feed.close();
    throw error;
  }
  feed.watchForStalls();
  return feed;
}

async function failsOnExit(
  child: OwnedChild,
  pipeline: Pipeline,
): Promise<never> {
  const reason = await child.exited;
  const lines = child.lastLines();
  const missing = lines
    .map((line) => /no element "([^"]+)"/.exec(line)?.[1])
    .find((element) => element !== undefined);
  if (missing !== undefined) {
    throw new StreamSpaceError(
      "missing-element",
      `GStreamer has no element ${missing}, which ${pipeline.name} needs`,
      {
        mend: `Install the plugin that carries ${missing}; "streamspace-agent doctor" names the package.`,
      },
    );
  }
  throw new StreamSpaceError(
    "child-exited",
    `${pipeline.name} ${describeExit(reason)} before its first packet: ${lines.at(-1) ?? "it said nothing"}`,
  );
}

class PipelineFeed implements RtpFeed, RunningPipeline {
  readonly firstPacket: Promise<void>;
  readonly exited: Promise<ExitReason>;
  readonly #child: OwnedChild;
  readonly #source: RtpSource;
  readonly #clock: Clock;
  readonly #stallMs: number;
  #resolveFirstPacket: (() => void) | undefined;
  #lastPacketMs = 0;
  #ssrc = 0;
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(child: OwnedChild, options: RunPipelineOptions) {
    this.#child = child;
    this.#source = options.source;
    this.#clock = options.clock;
    this.#stallMs = options.stallMs;
    this.firstPacket = new Promise((resolve) => {
      this.#resolveFirstPacket = resolve;
    });
    this.exited = child.exited;
    const decoder = new RtpFrameDecoder((packet) => {
      this.#onPacket(packet);
    });
    child.pipe(rtpDescriptor).on("data", (chunk: Buffer) => {
      decoder.write(chunk);
    });
    void child.exited.then(() => {
      clearInterval(this.#stallTimer);
      this.#source.detach(this);
    });
  }

  requestKeyFrame(): void {
    const pipe = this.#child.pipe(rtcpDescriptor);
    // A pipeline that does not read its requests is stuck, and the watch for stalls will see to it.
    if (pipe.writableLength > 1_024 || !pipe.writable) return;
    pipe.write(frameRtp(pictureLossIndication(this.#ssrc)));
  }

  watchForStalls(): void {
    this.#stallTimer = setInterval(() => {
      const silentMs = this.#clock.nowMs() - this.#lastPacketMs;
      if (silentMs < this.#stallMs) return;
      clearInterval(this.#stallTimer);
      void this.#child.closeAsStalled(
        `no packet for ${Math.round(silentMs)} ms`,
      );
    }, this.#stallMs / 8);
  }

  async close(): Promise<void> {
    clearInterval(this.#stallTimer);
    this.#source.detach(this);
    await this.#child.close();
  }

  lastLines(): string[] {
    return this.#child.lastLines();
  }

  #onPacket(packet: Buffer): void {
    this.#lastPacketMs = this.#clock.nowMs();
    if (
      this.#resolveFirstPacket !== undefined &&
      isRtp(packet) &&
      !isRtcp(packet)
    ) {
      this.#ssrc = packet.readUInt32BE(8);
      // Not before: until then another child may feed the viewers.
      this.#source.attach(this);
      this.#resolveFirstPacket();
      this.#resolveFirstPacket = undefined;
    }
    this.#source.push(this, packet);
  }
}
