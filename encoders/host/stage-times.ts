/**
 * Mean and maximum of a duration, over the time between two looks.
 */

/** What was seen, in milliseconds. */
export interface StageTime {
  meanMs: number;
  maxMs: number;
}

/** Collects durations without keeping them. */
export class StageTimer {
  #sumMs = 0;
  #maxMs = 0;
  #count = 0;

  add(durationMs: number): void {
    this.#sumMs += durationMs;
    this.#maxMs = Math.max(this.#maxMs, durationMs);
    this.#count += 1;
  }

  /** What was added since the last call; zeros where nothing was. */
  take(): StageTime {
    const meanMs = this.#count === 0 ? 0 : this.#sumMs / this.#count;
    const result = { meanMs: round(meanMs), maxMs: round(this.#maxMs) };
    this.#sumMs = 0;
    this.#maxMs = 0;
    this.#count = 0;
    return result;
  }
}

/** To microseconds. */
function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
