/**
 * A child that sends RTP through a pipe, from its first packet to its end: what a host and a gst-launch child
 * have in common. It feeds an {@link RtpSource}, and is ended when it stops working.
 *
 * It attaches itself to the source with its first packet, a key frame, and not before: until then another child
 * may feed the viewers (make before break).
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
import { rtpDescriptor } from "../pipeline.ts";
import { RtpFrameDecoder } from "../rtp-framing.ts";
import { isRtcp, isRtp } from "../rtp-packets.ts";
import type { RtpFeed, RtpSource } from "../rtp-source.ts";
import { RtpBound } from "./rtp-bound.ts";
import type { RunningPipeline } from "./running-pipeline.ts";
import { Watchdog, watchdogCheckMs } from "./watchdog.ts";

/** So many frames that are no RTP of this child end it; a child that works sends none. */
export const strayLimit = 32;
/** Offset of the sender's SSRC in an RTCP packet (RFC 3550, section 6.4). */
const rtcpSsrcOffset = 4;
const rtpSsrcOffset = 8;
const rtpTimestampOffset = 4;
/** Bits of extension and CSRC count in an RTP header: our pipelines make neither. */
const extendedHeaderBits = 0x1f;
/** Dynamic payload types begin here (RFC 3551, section 6). */
const firstDynamicType = 96;

/** What a child is made from. */
export interface RtpChildOptions {
  source: RtpSource;
  clock: Clock;
  /** A running child that shows no progress for this long is replaced. */
  stallMs: number;
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
  protected readonly bound: RtpBound;
  /** From the first packet on. */
  protected watchdog: Watchdog | undefined;
  readonly #options: RtpChildOptions;
  readonly #firstPacket = Promise.withResolvers<undefined>();
  #ssrc = 0;
  #strays = 0;
  #isEnding = false;
  #watchTimer: NodeJS.Timeout | undefined;

  constructor(child: OwnedChild, options: RtpChildOptions) {
    this.child = child;
    this.clock = options.clock;
    this.bound = new RtpBound(options.targetBps);
    this.#options = options;
    this.exited = child.exited;
    this.close = once(() => this.#end({ kind: "requested" }));
    const decoder = new RtpFrameDecoder((packet) => {
      this.#onPacket(packet);
    });
    child.pipe(rtpDescriptor).on("data", (chunk: Buffer) => {
      if (!this.#isEnding) decoder.write(chunk);
    });
    void child.exited.then(() => {
      this.#letGo();
    });
  }

  abstract requestKeyFrame(): void;

  /** Why the child ended before its first packet. */
  protected abstract startFailure(reason: ExitReason): StreamSpaceError;

  /** SSRC of its packets; 0 before the first. */
  protected get ssrc(): number {
    return this.#ssrc;
  }

  /**
   * Waits for the first packet, and watches over the child from then on. Where none comes, the child is gone when
   * this rejects.
   * @throws StreamSpaceError `timeout`, `aborted`, and {@link startFailure}.
   */
  async untilFirstPacket(options: {
    timeoutMs: number;
    signal: AbortSignal;
  }): Promise<void> {
    const failed = this.exited.then((reason) => {
      throw this.startFailure(reason);
    });
    try {
      await withDeadline(Promise.race([this.#firstPacket.promise, failed]), {
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

  #onPacket(packet: Buffer): void {
    if (this.#isEnding) return;
    const what = this.bound.onPacket(this.clock.nowMs(), packet.length);
    if (what !== undefined) void this.#end({ kind: "garbage", what });
    else if (isRtcp(packet)) this.#onRtcp(packet);
    else if (!isRtp(packet)) this.#onStray();
    else if (this.watchdog === undefined) this.#onEarlyRtp(packet);
    else if (packet.readUInt32BE(rtpSsrcOffset) !== this.#ssrc) this.#onStray();
    else this.#deliver(packet, this.watchdog);
  }

  #deliver(packet: Buffer, watchdog: Watchdog): void {
    watchdog.onPacket(
      this.clock.nowMs(),
      packet.readUInt32BE(rtpTimestampOffset),
    );
    this.#options.source.push(this, packet);
  }

  /** What comes before the first key frame is of no use to anybody. */
  #onEarlyRtp(packet: Buffer): void {
    const { source } = this.#options;
    const hasPlainHeader = ((packet[0] ?? 0) & extendedHeaderBits) === 0;
    const payloadType = (packet[1] ?? 0) & 0x7f;
    if (!hasPlainHeader || payloadType < firstDynamicType) {
      this.#onStray();
      return;
    }
    if (!source.startsKeyFrame(packet)) return;
    this.#ssrc = packet.readUInt32BE(rtpSsrcOffset);
    const watchdog = this.#watch();
    source.attach(this);
    this.#deliver(packet, watchdog);
    this.#firstPacket.resolve(undefined);
  }

  #onRtcp(packet: Buffer): void {
    if ((packet[0] ?? 0) >> 6 !== 2 || packet.length < 8) {
      this.#onStray();
      return;
    }
    if (this.watchdog === undefined) return;
    if (packet.readUInt32BE(rtcpSsrcOffset) === this.#ssrc)
      this.#options.source.push(this, packet);
    else this.#onStray();
  }

  #onStray(): void {
    this.#strays += 1;
    if (this.#strays < strayLimit) return;
    void this.#end({
      kind: "garbage",
      what: `${this.#strays} frames that are not its RTP`,
    });
  }

  #watch(): Watchdog {
    const { stallMs, hasWallClock = false } = this.#options;
    const watchdog = new Watchdog({
      nowMs: this.clock.nowMs(),
      stallMs,
      hasWallClock,
    });
    this.watchdog = watchdog;
    this.#watchTimer = setInterval(() => {
      const what = watchdog.check(this.clock.nowMs());
      if (what !== undefined) void this.#end({ kind: "stalled", what });
    }, watchdogCheckMs);
    return watchdog;
  }

  async #end(reason: ExitReason): Promise<void> {
    this.#letGo();
    await this.child.closeAs(reason);
  }

  /** From here on nothing of the child reaches the source: what is left in its pipe must not attach it again. */
  #letGo(): void {
    this.#isEnding = true;
    clearInterval(this.#watchTimer);
    this.#options.source.detach(this);
  }
}
