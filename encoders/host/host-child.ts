/**
 * Runs a {@link HostPipeline} in a host child and feeds its packets to an {@link RtpSource}.
 *
 * The counterpart of `pipeline-child.ts`: the same life, but bit rate and frame rate change while it runs, and
 * silence is no stall, because nothing is sent while nothing changes. Instead the child says twice a
 * second that it lives and how far it is.
 */
import { fileURLToPath } from "node:url";
import {
  describeExit,
  type ChildSpawner,
  type ExitReason,
  type OwnedChild,
} from "../../agent/base/child-process.ts";
import type { Clock } from "../../agent/base/clock.ts";
import { withDeadline } from "../../agent/base/deadline.ts";
import { StreamSpaceError, type ErrorCode } from "../../agent/base/errors.ts";
import { rtcpDescriptor, rtpDescriptor } from "../pipeline.ts";
import type { RunningPipeline } from "../pipeline-child.ts";
import { RtpFrameDecoder } from "../rtp-framing.ts";
import { isRtcp, isRtp } from "../rtp-packets.ts";
import type { RtpFeed, RtpSource } from "../rtp-source.ts";
import {
  hostEventSchema,
  parseLine,
  type HostBeat,
  type HostCommand,
  type HostConfig,
  type HostEvent,
} from "./control.ts";
import type { HostPipeline } from "./host-pipeline.ts";

/** A host whose first packet has arrived. */
export interface RunningHost extends RunningPipeline {
  /** Target in bit/s, from the next frame on; makes no key frame. */
  setTargetBps(targetBps: number): void;
  /** Frames per second at most, 1–144; makes no key frame. */
  setFps(frameRate: number): void;
  /** What the child last said about its work. */
  readonly lastBeat: HostBeat | undefined;
}

/** How to run a host. */
export interface RunHostOptions {
  pipeline: HostPipeline;
  /** X display on this machine, e.g. `:99`. */
  display: string;
  /** Draw the pointer into the picture. */
  showPointer: boolean;
  /** Frames per second at most. */
  frameRate: number;
  /** Target in bit/s. */
  targetBps: number;
  source: RtpSource;
  spawner: ChildSpawner;
  clock: Clock;
  /** Environment of the child; names the X authority file. */
  env: NodeJS.ProcessEnv;
  /** The first packet must arrive within this. */
  timeoutMs: number;
  /** A child that says nothing, or that has a frame under way and sends none, is replaced after this. */
  stallMs: number;
  signal: AbortSignal;
  /** Every event but beats. Must not throw. */
  onEvent?: (event: HostEvent) => void;
}

/**
 * Starts the child and waits for its first RTP packet.
 *
 * @throws StreamSpaceError `missing-program` (a library is not installed), `missing-element`,
 *   `display-unreachable` (also where it lacks Damage or MIT-SHM), `child-exited`, `timeout`, `aborted`,
 *   `spawn-failed`. After all but the last three a `gst-launch-1.0` child may still work.
 */
export async function runHost(options: RunHostOptions): Promise<RunningHost> {
  const { pipeline, signal, timeoutMs } = options;
  // The listener needs the feed, and the feed the child; nothing arrives before both are there.
  let feed: HostFeed | undefined = undefined;
  const child = await options.spawner.spawn({
    name: pipeline.name,
    file: process.execPath,
    args: [
      "--max-old-space-size=64",
      mainPath,
      JSON.stringify(configOf(options)),
      ...pipeline.args,
    ],
    env: options.env,
    stdin: true,
    extraPipes: rtcpDescriptor - 2,
    onOutputLine: (line) => {
      feed?.onLine(line);
    },
    // It holds nothing that needs putting away, and a hung driver does not listen anyway.
    killLadder: [{ signal: "SIGKILL", waitMs: 1_000 }],
  });
  const started = new HostFeed(child, options);
  feed = started;
  try {
    await withDeadline(
      Promise.race([started.firstPacket, failsOnExit(child, started)]),
      { timeoutMs, signal, what: `the first packet of ${pipeline.name}` },
    );
  } catch (error) {
    await started.close();
    throw error;
  }
  started.watchForStalls();
  return started;
}

/** `main.ts`, or `main.js` where this module has been compiled. */
const mainPath = fileURLToPath(
  new URL(
    import.meta.url.replace(/^.*\.(?=[jt]s$)/, "./main."),
    import.meta.url,
  ),
);

function configOf(options: RunHostOptions): HostConfig {
  return {
    display: options.display,
    pixelFormat: options.pipeline.pixelFormat,
    showPointer: options.showPointer,
    frameRate: options.frameRate,
    targetBps: options.targetBps,
    rateControl: { ...options.pipeline.rateControl },
  };
}

async function failsOnExit(child: OwnedChild, feed: HostFeed): Promise<never> {
  const reason = await child.exited;
  if (feed.failure !== undefined) throw feed.failure;
  throw new StreamSpaceError(
    "child-exited",
    `${child.name} ${describeExit(reason)} before its first packet: ${child.lastLines().at(-1) ?? "it said nothing"}`,
  );
}

/** Codes that a host may end with; others are `child-exited` to the agent. */
const passedOn: readonly ErrorCode[] = [
  "missing-program",
  "missing-element",
  "display-unreachable",
  "config",
];

class HostFeed implements RtpFeed, RunningHost {
  readonly firstPacket: Promise<void>;
  readonly exited: Promise<ExitReason>;
  /** What the child said before it ended. */
  failure: StreamSpaceError | undefined;
  lastBeat: HostBeat | undefined;
  readonly #child: OwnedChild;
  readonly #options: RunHostOptions;
  #resolveFirstPacket: (() => void) | undefined;
  #packets = 0;
  #lastSignOfLifeMs: number;
  #lastProgressMs: number;
  #seenPackets = 0;
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(child: OwnedChild, options: RunHostOptions) {
    this.#child = child;
    this.#options = options;
    this.#lastSignOfLifeMs = options.clock.nowMs();
    this.#lastProgressMs = this.#lastSignOfLifeMs;
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
      options.source.detach(this);
    });
  }

  requestKeyFrame(): void {
    this.#send({ type: "requestKeyFrame" });
  }

  setTargetBps(targetBps: number): void {
    this.#send({ type: "setTargetBps", targetBps });
  }

  setFps(frameRate: number): void {
    this.#send({ type: "setFps", frameRate });
  }

  /** One line of the child's standard output. */
  onLine(line: string): void {
    const event = parseLine(hostEventSchema, line);
    if (event === undefined) return;
    this.#lastSignOfLifeMs = this.#options.clock.nowMs();
    if (event.type === "beat") {
      this.#onBeat(event);
      return;
    }
    if (event.type === "failed") {
      const code = passedOn.find((known) => known === event.code);
      this.failure = new StreamSpaceError(
        code ?? "child-exited",
        `${this.#child.name}: ${event.message}`,
      );
    }
    this.#options.onEvent?.(event);
  }

  watchForStalls(): void {
    const { clock, stallMs } = this.#options;
    this.#lastSignOfLifeMs = clock.nowMs();
    this.#lastProgressMs = clock.nowMs();
    this.#stallTimer = setInterval(() => {
      const nowMs = clock.nowMs();
      const silentMs = nowMs - this.#lastSignOfLifeMs;
      const stuckMs = nowMs - this.#lastProgressMs;
      if (silentMs < stallMs && stuckMs < stallMs) return;
      clearInterval(this.#stallTimer);
      void this.#child.closeAsStalled(
        silentMs >= stallMs
          ? `no sign of life for ${Math.round(silentMs)} ms`
          : `damage, but no packet for ${Math.round(stuckMs)} ms`,
      );
    }, stallMs / 8);
  }

  async close(): Promise<void> {
    clearInterval(this.#stallTimer);
    this.#options.source.detach(this);
    await this.#child.close();
  }

  lastLines(): string[] {
    return this.#child.lastLines();
  }

  /**
   * Progress is a packet, or having nothing to send: all frames that were given to the encoder before the last
   * beat have come out of it, and no packet can be missing that was not already missing then.
   */
  #onBeat(beat: HostBeat): void {
    const hasSent = this.#packets > this.#seenPackets;
    const hasNothingToSend =
      beat.pendingMs === 0 && beat.pushed === this.lastBeat?.pushed;
    if (hasSent || hasNothingToSend) {
      this.#lastProgressMs = this.#options.clock.nowMs();
    }
    this.#seenPackets = this.#packets;
    this.lastBeat = beat;
  }

  #send(command: HostCommand): void {
    const { stdin } = this.#child;
    // A child that does not read its commands is stuck, and the watch for stalls will see to it.
    if (stdin.writableLength > 4_096 || !stdin.writable) return;
    stdin.write(`${JSON.stringify(command)}\n`);
  }

  #onPacket(packet: Buffer): void {
    if (isRtp(packet) && !isRtcp(packet)) {
      this.#packets += 1;
      if (this.#resolveFirstPacket !== undefined) {
        // Not before: until then another child may feed the viewers.
        this.#options.source.attach(this);
        this.#resolveFirstPacket();
        this.#resolveFirstPacket = undefined;
      }
    }
    this.#options.source.push(this, packet);
  }
}
