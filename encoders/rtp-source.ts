/**
 * A stream of RTP that outlives the children it comes from.
 *
 * Consumers subscribe once; when a child dies and another takes over they see {@link RtpSink.reset}
 * and then packets with a new SSRC, sequence and timestamp base. Everything here is synchronous:
 * a packet goes from the pipe to every consumer in one call, and nothing is queued.
 */
import type { Clock } from "../agent/base/clock.ts";
import { type KeyFrameDetector } from "./key-frames.ts";
import {
  isRtcp,
  isRtp,
  readSenderReport,
  type SenderReport,
} from "./rtp-packets.ts";

/** Consumer of a stream. Calls must return quickly and must not throw. */
export interface RtpSink {
  /** `packet` stays valid and unchanged after the call. */
  onPacket(packet: Buffer, startsKeyFrame: boolean): void;
  /** Ties the stream's timestamps to wall-clock time. */
  onSenderReport(report: SenderReport): void;
  /** What follows comes from a new child: other SSRC, sequence numbers and timestamps. */
  onReset(): void;
}

/** What a source needs of the child that currently feeds it. */
export interface RtpFeed {
  requestKeyFrame(): void;
}

/**
 * Least time between two key frames that are forced. A key frame is ten to fifty times the size of
 * another; a viewer in trouble asks for one every few hundred milliseconds, and ten viewers do too.
 */
const keyFrameFloorMs = 300;

/** See the module's description. */
export class RtpSource {
  readonly #clock: Clock;
  readonly #startsKeyFrame: KeyFrameDetector;
  #sinks: readonly RtpSink[] = [];
  #feed: RtpFeed | undefined;
  #lastReport: SenderReport | undefined;
  #lastForcedMs = -Infinity;
  #forceTimer: NodeJS.Timeout | undefined;
  #packets = 0;

  constructor(options: { clock: Clock; startsKeyFrame: KeyFrameDetector }) {
    this.#clock = options.clock;
    this.#startsKeyFrame = options.startsKeyFrame;
  }

  /** RTP packets seen since the start, over all children. */
  get packets(): number {
    return this.#packets;
  }

  /** Delivers everything from now on to `sink`, until the returned function is called. */
  subscribe(sink: RtpSink): () => void {
    this.#sinks = [...this.#sinks, sink];
    if (this.#lastReport !== undefined) sink.onSenderReport(this.#lastReport);
    return () => {
      this.#sinks = this.#sinks.filter((other) => other !== sink);
    };
  }

  /** Makes `feed` the one that packets come from. */
  attach(feed: RtpFeed): void {
    this.#feed = feed;
    this.#lastReport = undefined;
    this.#lastForcedMs = -Infinity;
    for (const sink of this.#sinks) sink.onReset();
  }

  /** Ends the connection to `feed`, unless another has taken its place. */
  detach(feed: RtpFeed): void {
    if (this.#feed !== feed) return;
    this.#feed = undefined;
    clearTimeout(this.#forceTimer);
    this.#forceTimer = undefined;
  }

  /** One packet of `feed`, RTP or RTCP. What a feed that was replaced still has to say is dropped. */
  push(feed: RtpFeed, packet: Buffer): void {
    if (this.#feed !== feed) return;
    if (isRtcp(packet)) {
      const report = readSenderReport(packet);
      if (report === undefined) return;
      this.#lastReport = report;
      for (const sink of this.#sinks) sink.onSenderReport(report);
      return;
    }
    if (!isRtp(packet)) return;
    this.#packets += 1;
    const startsKeyFrame = this.#startsKeyFrame(packet);
    for (const sink of this.#sinks) sink.onPacket(packet, startsKeyFrame);
  }

  /**
   * Asks for a key frame, at once or at the end of the floor since the last one. Several requests
   * within the floor are one.
   */
  requestKeyFrame(): void {
    if (this.#feed === undefined || this.#forceTimer !== undefined) return;
    const waitMs = this.#lastForcedMs + keyFrameFloorMs - this.#clock.nowMs();
    if (waitMs <= 0) {
      this.#force();
      return;
    }
    this.#forceTimer = setTimeout(() => {
      this.#forceTimer = undefined;
      this.#force();
    }, waitMs);
  }

  #force(): void {
    this.#lastForcedMs = this.#clock.nowMs();
    this.#feed?.requestKeyFrame();
  }
}
