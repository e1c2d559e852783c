/**
 * How long drawing must have paused before the screen is grabbed.
 *
 * Applications draw a picture in several requests, and some send each by itself. A grab between two of them shows
 * half a picture, and the other half waits for the next frame: up to 17 ms, where a pause of a fraction of a
 * millisecond would have had it all. Most applications need no pause, so it is learnt: a change right after a grab says
 * that the last one was too early.
 */

/** A change this soon after a grab belonged to the picture that was grabbed. */
const splitMs = 1.5;
const firstMs = 0.125;
const longestMs = 0.5;
/** What a grab that was not too early makes of the pause. */
const decay = 0.97;
/** Below this the pause is not worth a system call. */
const shortestMs = 0.06;

/** See the module's description. */
export class SettleWindow {
  #quietMs = 0;

  /** The pause to keep, 0–0.5 ms. */
  get quietMs(): number {
    return this.#quietMs;
  }

  /** @param sinceGrabMs from a grab to the first change after it. */
  onNextChange(sinceGrabMs: number): void {
    if (sinceGrabMs < splitMs) {
      this.#quietMs = Math.min(longestMs, Math.max(firstMs, this.#quietMs * 2));
      return;
    }
    this.#quietMs *= decay;
    if (this.#quietMs < shortestMs) this.#quietMs = 0;
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread; for waits below what timers can do, where there is nothing else to do meanwhile. */
export function pauseMs(durationMs: number): void {
  Atomics.wait(sleeper, 0, 0, durationMs);
}
