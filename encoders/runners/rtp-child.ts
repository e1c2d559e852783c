/**
 * A child that sends RTP through a pipe, from its first packet to its end: what a host and a gst-launch child
 * have in common. It feeds an {@link RtpSource}, or two, and is ended when it stops working.
 */
import {
  describeExit,
  type ExitReason,
  type OwnedChild,
} from "../../agent/base/child-process.ts";
import type { Clock } from "../../agent/base/clock.ts";
import { withDeadline } from "../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { once } from "../../agent/base/shutdown.ts";
import { isStopped } from "../../agent/base/stopped-process.ts";
import { rtpDescriptor, secondRtpDescriptor } from "../pipeline.ts";
import type { RtpFeed, RtpSource } from "../rtp-source.ts";
import { RtpBound } from "./rtp-bound.ts";
import { RtpIntake } from "./rtp-intake.ts";
import type { RunningPipeline } from "./running-pipeline.ts";
import { onSharedTicks } from "../../agent/base/shared-ticks.ts";
import { Watchdog, watchdogCheckMs } from "./watchdog.ts";

const rtpTimestampOffset = 4;
/**
 * A child whose stream has ended exits within 20 ms. If the thread of rtpbin that says goodbye is too early, the end
 * of the stream is lost behind it and the child waits for it for good (GStreamer 1.22; seen in one of eight ends).
 */
const goodbyeGraceMs = 250;

/** Where a stream of a child goes. */
export interface RtpDestination {
  source: RtpSource;
  /** Whether the source is to have a packet; all where absent. */
  admit?: (packet: Buffer) => boolean;
}

/** What a child is made from. */
export interface RtpChildOptions {
  source: RtpSource;
  /** Where the second stream goes, of a pipeline that has one. */
  second?: RtpDestination;
  clock: Clock;
  /** A running child that shows no progress for this long is replaced; where absent, somebody else judges that. */
  stallMs?: number;
  /** Of its encoder, in bit/s: a child that sends many times as much is ended, see `rtp-bound.ts`. */
  targetBps?: number;
  /** Whether RTP time is the wall clock's, see `watchdog.ts`; false where absent. */
  hasWallClock?: boolean;
}

/** See the module's description. */
export abstract class RtpChild implements RtpFeed, RunningPipeline {
  readonly exited: Promise<ExitReason>;
  readonly close: () => Promise<void>;
  protected readonly child: OwnedChild;
  protected readonly clock: Clock;
  /** Of all its streams together. */
  protected readonly bound: RtpBound;
  /** Of the first stream; from its first packet on. */
  protected watchdog: Watchdog | undefined;
  readonly #options: RtpChildOptions;
  readonly #first: RtpIntake;
  readonly #intakes: readonly RtpIntake[];
  #endWatch: () => void = () => undefined;
  #goodbyeTimer: NodeJS.Timeout | undefined;

  constructor(child: OwnedChild, options: RtpChildOptions) {
    this.child = child;
    this.clock = options.clock;
    this.bound = new RtpBound(options.targetBps);
    this.#options = options;
    this.exited = child.exited;
    this.close = once(() => this.#end({ kind: "requested" }));
    this.#first = this.#intake(rtpDescriptor, options, (packet) => {
      this.#onPacket(packet);
    });
    this.#intakes =
      options.second === undefined
        ? [this.#first]
        : [this.#first, this.#intake(secondRtpDescriptor, options.second)];
    void child.exited.then(() => {
      this.#letGo();
    });
  }

  abstract requestKeyFrame(): void;

  /** Why the child ended before its first packet. */
  protected abstract startFailure(reason: ExitReason): StreamSpaceError;

  /** Whether somebody has stopped the process (SIGSTOP, a debugger). */
  get isStopped(): boolean {
    return isStopped(this.child.pid);
  }

  /** SSRC of the first stream's packets; 0 before the first. */
  protected get ssrc(): number {
    return this.#first.ssrc;
  }

  /**
   * Waits for the first packet of each stream, and watches over the child from then on. Where one does not come, the
   * child is gone when this rejects.
   * @throws StreamSpaceError `timeout`, `aborted`, and {@link startFailure}.
   */
  async untilFirstPacket(options: {
    timeoutMs: number;
    signal: AbortSignal;
  }): Promise<void> {
    const failed = this.exited.then((reason) => {
      throw this.startFailure(reason);
    });
    const started = Promise.all(
      this.#intakes.map(({ firstPacket }) => firstPacket),
    );
    try {
      await withDeadline(Promise.race([started, failed]), {
        ...options,
        what: `the first packet of ${this.child.name}`,
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  lastLines(): string[] {
    return this.child.lastLines();
  }

  /** {@link startFailure} where the child gave no reason of its own. */
  protected endedEarly(reason: ExitReason): StreamSpaceError {
    const lines = this.lastLines();
    // gst-launch goes on talking after the line that matters.
    const said = lines.find((line) => line.includes("ERROR")) ?? lines.at(-1);
    return new StreamSpaceError(
      "child-exited",
      `${this.child.name} ${describeExit(reason)} before its first packet: ${said ?? "it said nothing"}`,
    );
  }

  #intake(
    descriptor: number,
    { source, admit }: RtpDestination,
    onPacket: (packet: Buffer) => void = () => undefined,
  ): RtpIntake {
    return new RtpIntake({
      pipe: this.child.pipe(descriptor),
      source,
      feed: this,
      excess: ({ length }) => this.bound.onPacket(this.clock.nowMs(), length),
      onPacket,
      ...(admit === undefined ? {} : { admit }),
      onGoodbye: () => {
        this.#onGoodbye();
      },
      onGarbage: (what) => void this.#end({ kind: "garbage", what }),
    });
  }

  #onPacket(packet: Buffer): void {
    this.watchdog ??= this.#watch();
    this.watchdog?.onPacket(
      this.clock.nowMs(),
      packet.readUInt32BE(rtpTimestampOffset),
    );
  }

  #onGoodbye(): void {
    this.#goodbyeTimer ??= setTimeout(() => {
      const what = "its stream has ended, and it has not";
      void this.#end({ kind: "stalled", what });
    }, goodbyeGraceMs);
  }

  #watch(): Watchdog | undefined {
    const { stallMs, hasWallClock = false } = this.#options;
    if (stallMs === undefined) return undefined;
    const watchdog = new Watchdog({
      nowMs: this.clock.nowMs(),
      stallMs,
      hasWallClock,
    });
    this.#endWatch = onSharedTicks(watchdogCheckMs, () => {
      const what = watchdog.check(this.clock.nowMs());
      if (what !== undefined) void this.#end({ kind: "stalled", what });
    });
    return watchdog;
  }

  async #end(reason: ExitReason): Promise<void> {
    this.#letGo();
    await this.child.closeAs(reason);
  }

  #letGo(): void {
    this.#endWatch();
    clearTimeout(this.#goodbyeTimer);
    for (const intake of this.#intakes) intake.close();
  }
}
