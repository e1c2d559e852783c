/**
 * When the screen is grabbed and when a frame is encoded again, as arithmetic without clock or I/O.
 *
 * - The first change after quiet is grabbed at once, later ones at most at the frame rate. That holds for the mean:
 *   two frames may follow each other after {@link spacingShare} of an interval, {@link burstFrames} times. An
 *   application that draws at the frame rate would otherwise, once it had to wait, wait at every frame.
 * - A frame that is being encoded is waited for: what would be grabbed now would be old when it gets its turn.
 * - When nothing changes any more, the last picture is encoded again while the encoder lacked bits for it, or quantised it
 *   coarsely, at most {@link maxSharpenings} times and for {@link sharpenMs}. A key frame that was asked for begins that
 *   anew: it has nothing of what was made finer before.
 * - A frame that would go beyond the bit rate waits ({@link BitDebt}), and so does the refinement, whose time is
 *   the longer by it. One that is asked for does not: somebody sees nothing without it.
 * - Then twice more, after {@link recoveryMs}: were the last packets before quiet lost, nothing would tell the
 *   receiver. Such a frame has a few dozen bytes. After that nothing at all happens until something changes.
 */

import { BitDebt } from "./bit-debt.ts";

/** What to do now. */
export type FrameDecision =
  | { kind: "grab" }
  /** Encode the last picture once more. */
  | { kind: "repeat" }
  /** Ask again at this time, or when something happened. */
  | { kind: "wait"; untilMs: number }
  /** Ask again when something happened. */
  | { kind: "idle" };

/** Bounds of the refinement of a still picture. */
export const maxSharpenings = 30;
export const sharpenMs = 1_000;
/** The screen counts as still after this; before, the next change must not find the encoder busy with an old picture. */
export const stillMs = 50;
/** Pauses before the frames for loss recovery. */
export const recoveryMs: readonly number[] = [60, 250];

/** A frame that used this share of its bits had too few of them. */
const starvedShare = 0.4;
/** Up to this share of the coarsest quantiser a picture may rest: colours of VP8 are off by 7 of 255 there, 20 at 1. */
const restingQuantiser = 0.2;
/** Frames that may be in the encoder at once. */
const maxInFlight = 1;
/** Least part of the interval between two frames. */
export const spacingShare = 0.75;
/** Frames that may be ahead of the frame rate. */
export const burstFrames = 3;

/** See the module's description. All times are monotonic milliseconds. */
export class FrameSchedule {
  #intervalMs: number;
  #frameBudgetBytes: number;
  readonly #debt: BitDebt;
  /** Time that frames since the last change had to wait for the bit rate. */
  #heldMs = 0;
  /** Where the frames would be that came at exactly the frame rate. */
  #steadyMs = -Infinity;
  #dueMs = -Infinity;
  #changeMs = -Infinity;
  #frameMs = -Infinity;
  #inFlight = 0;
  #sharpenings = 0;
  #recoveries = recoveryMs.length;
  #lastBytes = 0;
  #lastQuantiser = 0;
  #hasChange = false;
  #wantsFrame = false;

  constructor(options: { frameRate: number; targetBps: number }) {
    this.#intervalMs = 1_000 / options.frameRate;
    this.#frameBudgetBytes = options.targetBps / 8 / options.frameRate;
    this.#debt = new BitDebt(options.targetBps);
  }

  /** Frames that were given to the encoder and have not come out of it. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** @param options.frameRate frames per second, 1–144. */
  setRate(options: { frameRate: number; targetBps: number }): void {
    this.#intervalMs = 1_000 / options.frameRate;
    this.#frameBudgetBytes = options.targetBps / 8 / options.frameRate;
    this.#debt.setTarget(options.targetBps, this.#frameMs);
    // A pause that was meant for the old rate does not hold up the new one.
    this.#steadyMs = -Infinity;
    this.#dueMs = Math.min(this.#dueMs, this.#frameMs + this.#intervalMs);
  }

  /** Something on the screen changed. */
  onChange(): void {
    this.#hasChange = true;
  }

  /** A frame is wanted although nothing may have changed: a key frame was asked for. */
  onFrameWanted(): void {
    this.#wantsFrame = true;
  }

  /** A grab begins. */
  onGrab(nowMs: number): void {
    this.#beginAnew(nowMs);
    this.#pace(nowMs);
  }

  /** The grab brought every change so far. */
  onGrabbed(): void {
    this.#hasChange = false;
  }

  /** The last picture is encoded again. */
  onRepeat(nowMs: number): void {
    if (this.#wantsFrame) this.#beginAnew(nowMs);
    else if (this.#isStarved(nowMs)) this.#sharpenings += 1;
    else this.#recoveries += 1;
  }

  /** A frame went to the encoder. */
  onPushed(nowMs: number): void {
    this.#wantsFrame = false;
    this.#frameMs = nowMs;
    this.#inFlight += 1;
  }

  /**
   * A frame came out of the encoder.
   * @param quantiser its share of the coarsest, 0–1; `undefined` where that is not known.
   */
  onEncoded(bytes: number, quantiser?: number): void {
    this.#inFlight = Math.max(0, this.#inFlight - 1);
    this.#lastBytes = bytes;
    this.#lastQuantiser = quantiser ?? 0;
    this.#debt.spend(bytes, this.#frameMs);
    const nextMs = this.#frameMs + this.#intervalMs;
    this.#heldMs += Math.max(0, this.#debt.heldUntilMs - nextMs);
  }

  /** The encoder took a frame and made nothing of it. */
  onSwallowed(): void {
    this.#inFlight = 0;
  }

  decide(nowMs: number): FrameDecision {
    if (this.#inFlight >= maxInFlight) return { kind: "idle" };
    const heldUntilMs = this.#wantsFrame ? -Infinity : this.#debt.heldUntilMs;
    if (this.#hasChange)
      return this.#at(Math.max(this.#dueMs, heldUntilMs), nowMs, "grab");
    const nextMs = Math.max(this.#frameMs + this.#intervalMs, heldUntilMs);
    if (this.#wantsFrame) return this.#at(nextMs, nowMs, "repeat");
    if (this.#isStarved(nowMs)) {
      const stillFromMs = this.#changeMs + stillMs;
      return this.#at(Math.max(nextMs, stillFromMs), nowMs, "repeat");
    }
    const pauseMs = recoveryMs[this.#recoveries];
    if (pauseMs === undefined) return { kind: "idle" };
    return this.#at(Math.max(this.#frameMs + pauseMs, nextMs), nowMs, "repeat");
  }

  /** A picture that nothing has been done for yet. */
  #beginAnew(nowMs: number): void {
    this.#changeMs = nowMs;
    this.#sharpenings = 0;
    this.#recoveries = 0;
    this.#heldMs = 0;
  }

  #isStarved(nowMs: number): boolean {
    const lackedBits =
      this.#lastBytes >= starvedShare * this.#frameBudgetBytes ||
      this.#lastQuantiser > restingQuantiser;
    return (
      lackedBits &&
      this.#sharpenings < maxSharpenings &&
      nowMs - this.#changeMs < sharpenMs + this.#heldMs
    );
  }

  #at(dueMs: number, nowMs: number, kind: "grab" | "repeat"): FrameDecision {
    return nowMs >= dueMs ? { kind } : { kind: "wait", untilMs: dueMs };
  }

  #pace(nowMs: number): void {
    const intervalMs = this.#intervalMs;
    this.#steadyMs = Math.max(this.#steadyMs, nowMs) + intervalMs;
    this.#dueMs = Math.max(
      nowMs + intervalMs * spacingShare,
      this.#steadyMs - burstFrames * intervalMs,
    );
  }
}
