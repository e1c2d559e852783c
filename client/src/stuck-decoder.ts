/**
 * Notices frames that arrive and are not decoded. Pure; the caller brings the counters of each second.
 *
 * A decoder that stumbles asks for a key frame and goes on within a second; one that is broken (a driver, a card that was
 * taken away) leaves the last picture on the screen while the connection is in the best of health.
 */

/** So long without a frame that was decoded, in milliseconds: several requests for a key frame were of no use. */
export const stuckAfterMs = 4_000;
/** Fewer than these may be on their way, or a screen that stands still. */
const fewestFrames = 3;
/** Samples come each second. After a longer gap the browser slept, and has frames that nobody could decode meanwhile. */
const longestGapMs = 3_000;

/** Counters of a stream, from its beginning. */
export interface FrameCounters {
  /** When they were read. */
  timestampMs: number;
  framesReceived: number;
  framesDecoded: number;
}

/** See the module's description. One for a connection. */
export class StuckDecoder {
  /** The latest sample in which something had been decoded since the one before, or nothing was due. */
  #well: FrameCounters | undefined;
  #latestMs = -Infinity;

  /** Whether the decoder has been stuck until now; the next verdict begins anew. */
  judge(now: FrameCounters): boolean {
    const well = this.#well;
    const gapMs = now.timestampMs - this.#latestMs;
    this.#latestMs = now.timestampMs;
    if (
      gapMs > longestGapMs ||
      now.framesDecoded !== well?.framesDecoded ||
      now.framesReceived <= well.framesReceived
    ) {
      this.#well = now;
      return false;
    }
    const isStuck =
      now.timestampMs - well.timestampMs >= stuckAfterMs &&
      now.framesReceived - well.framesReceived >= fewestFrames;
    if (isStuck) this.#well = undefined;
    return isStuck;
  }

  /** Nothing is to be expected of it now: the page is not seen, and browsers decode less then. */
  excuse(): void {
    this.#well = undefined;
  }
}
