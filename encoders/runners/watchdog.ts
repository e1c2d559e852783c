/**
 * Judges a child by what it sends and when: whether it stands still, and whether it falls behind.
 *
 * Pure but for the times it is given. It is asked every {@link watchdogCheckMs}; being asked much later than that
 * means that the agent itself, or the whole machine, did not run, and that time is not held against the child.
 */
import { videoClockRate } from "../video-encoding.ts";

/** How often {@link Watchdog.check} is to be called, in milliseconds. */
export const watchdogCheckMs = 250;
/** A check that comes later than this has been kept waiting by something other than the child. */
const lateMs = 400;
/** A child is behind when its packets are this much later than its fastest one. */
export const behindMs = 1_000;
/** It falls behind when no packet of so long a time was in time: a burst of work makes it late for a moment. */
export const behindForMs = 1_000;

/** What a watchdog watches for. */
export interface WatchdogOptions {
  nowMs: number;
  /** A child that shows no progress for this long stands still, in milliseconds. */
  stallMs: number;
  /** Whether RTP time is the wall clock's, so that a child can fall behind it: true for captured video. */
  hasWallClock: boolean;
}

/** See the module's description. All times are of one monotonic clock. */
export class Watchdog {
  readonly #stallMs: number;
  readonly #hasWallClock: boolean;
  #checkedMs: number;
  #lifeMs: number;
  #progressMs: number;
  #packetMs = 0;
  #timestamp: number | undefined;
  /** RTP time of the last packet, without its wraps, in milliseconds. */
  #mediaMs = 0;
  #smallestOffsetMs = Infinity;
  #behindSinceMs: number | undefined;
  #driftMs = 0;

  constructor(options: WatchdogOptions) {
    this.#stallMs = options.stallMs;
    this.#hasWallClock = options.hasWallClock;
    this.#checkedMs = options.nowMs;
    this.#lifeMs = options.nowMs;
    this.#progressMs = options.nowMs;
  }

  /** An RTP packet with this timestamp arrived. */
  onPacket(nowMs: number, timestamp: number): void {
    this.#lifeMs = nowMs;
    this.#progressMs = nowMs;
    this.#packetMs = nowMs;
    if (!this.#hasWallClock || timestamp === this.#timestamp) return;
    // The difference as a signed 32-bit number: timestamps wrap after 13 hours (RFC 3550, section 5.1).
    this.#mediaMs +=
      ((timestamp - (this.#timestamp ?? timestamp)) | 0) /
      (videoClockRate / 1_000);
    this.#timestamp = timestamp;
    const offsetMs = nowMs - this.#mediaMs;
    this.#smallestOffsetMs = Math.min(this.#smallestOffsetMs, offsetMs);
    this.#driftMs = offsetMs - this.#smallestOffsetMs;
    if (this.#driftMs <= behindMs) this.#behindSinceMs = undefined;
    else this.#behindSinceMs ??= nowMs;
  }

  /** The child said that it lives. */
  onSignOfLife(nowMs: number): void {
    this.#lifeMs = nowMs;
  }

  /** The child has nothing to send, and said so. */
  onNothingToSend(nowMs: number): void {
    this.#progressMs = nowMs;
  }

  /** @returns what is wrong with the child, in words; `undefined` where nothing is. */
  check(nowMs: number): string | undefined {
    const lateByMs = nowMs - this.#checkedMs - watchdogCheckMs;
    this.#checkedMs = nowMs;
    if (lateByMs > lateMs) this.#forgive(nowMs, lateByMs);
    const silentMs = nowMs - this.#lifeMs;
    if (silentMs >= this.#stallMs)
      return `no sign of life for ${Math.round(silentMs)} ms`;
    const stuckMs = nowMs - this.#progressMs;
    if (stuckMs >= this.#stallMs)
      return `damage, but no packet for ${Math.round(stuckMs)} ms`;
    // Measured to the last packet, not to now: a still screen sends nothing, and is not late with it.
    const behindSinceMs = this.#behindSinceMs ?? Infinity;
    if (this.#packetMs - behindSinceMs >= behindForMs)
      return `it is ${Math.round(this.#driftMs)} ms behind, and does not catch up`;
    return undefined;
  }

  #forgive(nowMs: number, lateByMs: number): void {
    this.#lifeMs = Math.min(nowMs, this.#lifeMs + lateByMs);
    this.#progressMs = Math.min(nowMs, this.#progressMs + lateByMs);
    this.#behindSinceMs = undefined;
  }
}
