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
  endsFrame,
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

/** RTP that a source has seen. */
export interface RtpCounts {
  packets: number;
  /** With the RTP headers of the pipeline. */
  bytes: number;
  /** Of video: packets with the marker bit, the last of a frame (RFC 3550, section 5.1). */
  frames: number;
  keyFrames: number;
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
  readonly #counts = { packets: 0, bytes: 0, frames: 0, keyFrames: 0 };
  #keyFrameTimestamp: number | undefined;

  constructor(options: { clock: Clock; startsKeyFrame: KeyFrameDetector }) {
    this.#clock = options.clock;
    this.#startsKeyFrame = options.startsKeyFrame;
  }

  /** RTP packets seen since the start, over all children. */
  get packets(): number {
    return this.#counts.packets;
  }

  /** What has come since the start, over all children. */
  get counts(): Readonly<RtpCounts> {
    return this.#counts;
  }

  /** Whether `packet`, which is RTP, is the first of a key frame. */
  startsKeyFrame(packet: Buffer): boolean {
    return this.#startsKeyFrame(packet);
  }

  /** Delivers everything from now on to `sink`, until the returned function is called. */
  subscribe(sink: RtpSink): () => void {
    this.#sinks = [...this.#sinks, sink];
    if (this.#lastReport !== undefined) sink.onSenderReport(this.#lastReport);
    return () => {
      this.#sinks = this.#sinks.filter((other) => other !== sink);
    };
  }

  /** Makes `feed`, which is about to send a key frame, the one that packets come from. */
  attach(feed: RtpFeed): void {
    // A request that still waits is answered by the key frame that the feed begins with.
    this.#clearForceTimer();
    this.#feed = feed;
    this.#lastReport = undefined;
    this.#lastForcedMs = -Infinity;
    for (const sink of this.#sinks) sink.onReset();
  }

  /** Ends the connection to `feed`, unless another has taken its place. */
  detach(feed: RtpFeed): void {
    if (this.#feed !== feed) return;
    this.#feed = undefined;
    this.#clearForceTimer();
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
    const startsKeyFrame = this.#startsKeyFrame(packet);
    this.#count(packet, startsKeyFrame);
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

  #count(packet: Buffer, startsKeyFrame: boolean): void {
    const counts = this.#counts;
    counts.packets += 1;
    counts.bytes += packet.length;
    if (endsFrame(packet)) counts.frames += 1;
    if (!startsKeyFrame) return;
    // More than one packet of a key frame can look like its first one.
    const timestamp = packet.readUInt32BE(4);
    if (timestamp !== this.#keyFrameTimestamp) counts.keyFrames += 1;
    this.#keyFrameTimestamp = timestamp;
  }

  #clearForceTimer(): void {
    clearTimeout(this.#forceTimer);
    this.#forceTimer = undefined;
  }

  #force(): void {
    this.#lastForcedMs = this.#clock.nowMs();
    this.#feed?.requestKeyFrame();
  }
}
