/**
 * How many frames a second really go into an encoder, told from the last few of them.
 */

/** Intervals of which the mean is taken: long enough for the jitter of a 60 Hz screen, a third of a second at 25 Hz. */
const intervals = 8;
/** Below this many the rate is not known yet. */
const leastIntervals = 3;
/** A pause of this length is quiet, and the frames before it say nothing of those behind it. */
export const pauseMs = 250;

/** See the module's description. Takes times in monotonic milliseconds; memory is bounded. */
export class FrameRateMeter {
  readonly #intervalsMs: number[] = [];
  #next = 0;
  #lastMs: number | undefined;

  /** Frames per second; `undefined` while too few have followed each other without a pause. */
  get perSecond(): number | undefined {
    const count = this.#intervalsMs.length;
    if (count < leastIntervals) return undefined;
    let sumMs = 0;
    for (const intervalMs of this.#intervalsMs) sumMs += intervalMs;
    return (1_000 * count) / Math.max(sumMs, count);
  }

  /** A frame goes to the encoder. @returns the time since the one before; `undefined` after a pause. */
  onFrame(nowMs: number): number | undefined {
    const intervalMs = nowMs - (this.#lastMs ?? -Infinity);
    this.#lastMs = nowMs;
    if (intervalMs >= pauseMs) {
      this.#intervalsMs.length = 0;
      this.#next = 0;
      return undefined;
    }
    this.#intervalsMs[this.#next] = intervalMs;
    this.#next = (this.#next + 1) % intervals;
    return intervalMs;
  }
}
