/**
 * How long encoders take to start, and how long to wait for one because of that. Pure.
 */

/** A start is given at least this, whatever was measured: the machine may be busy. */
const leastDeadlineMs = 1_500;
/** Screens up to this size take no longer to start with than their proof, which is of 640 × 480. */
const ordinaryPixels = 1920 * 1080;
/** A start is given no more than this. */
export const longestDeadlineMs = 5_000;
/** A start that takes so many times what it took before has failed. */
const deadlineFactor = 4;
/** After a failure another encoder is started as well, not before this. */
const leastHedgeMs = 300;
/** Without a failure not before this: a start on a busy machine takes as long, and the first one has that advantage. */
const patientHedgeMs = 1_000;
const hedgeFactor = 2;
/**
 * What the host adds to the time of a proof, which is gst-launch's: Node, its FFI, the X setup. Measured: 150–500 ms
 * on two idle cores, three times that on busy ones.
 */
export const hostExtraMs = 600;

/** Learns from each start. */
export class StartTimes {
  readonly #measuredMs = new Map<string, number>();
  readonly #timeouts = new Map<string, number>();

  /** `element` delivered its first packet after `startMs`. */
  onStarted(element: string, startMs: number): void {
    this.#measuredMs.set(element, startMs);
    this.#timeouts.delete(element);
  }

  /** `element` did not deliver in time: next time it is given twice as long, since it may be the machine. */
  onTimeout(element: string): void {
    this.#timeouts.set(element, (this.#timeouts.get(element) ?? 0) + 1);
  }

  /**
   * How long to wait for the first packet of `element`, in milliseconds.
   * @param provenMs what its proof took, with what the runner adds to it; `undefined` where nobody knows.
   * @param pixels of the screen: the first frame of 7680 × 4320 takes as long as sixteen of 1920 × 1080.
   */
  deadlineMs(
    element: string,
    provenMs: number | undefined,
    pixels = ordinaryPixels,
  ): number {
    const measuredMs = this.#measuredMs.get(element);
    if (measuredMs === undefined && provenMs === undefined)
      return longestDeadlineMs;
    const startMs = Math.max(measuredMs ?? 0, provenMs ?? 0);
    const patience = 2 ** Math.min(this.#timeouts.get(element) ?? 0, 4);
    const deadlineMs = Math.max(leastDeadlineMs, deadlineFactor * startMs);
    const size = Math.max(1, pixels / ordinaryPixels);
    return Math.min(longestDeadlineMs, deadlineMs * size * patience);
  }

  /**
   * How long to wait before the next encoder is started beside `element`, in milliseconds; `undefined` to wait for the
   * end of this start, since nobody knows how long it takes.
   * @param isSuspicious whether something failed just now.
   */
  hedgeMs(
    element: string,
    provenMs: number | undefined,
    isSuspicious: boolean,
  ): number | undefined {
    const measuredMs = this.#measuredMs.get(element) ?? provenMs;
    if (measuredMs === undefined && !isSuspicious) return undefined;
    const leastMs = isSuspicious ? leastHedgeMs : patientHedgeMs;
    return Math.max(leastMs, hedgeFactor * (measuredMs ?? 0));
  }
}
