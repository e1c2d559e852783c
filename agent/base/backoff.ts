/**
 * Exponential back-off as pure arithmetic: the caller keeps the count and the clock.
 */

/** Bounds of a back-off. All in milliseconds. */
export interface BackoffPolicy {
  /** Delay before the first repetition. */
  initialMs: number;
  /** No delay is longer than this. */
  maxMs: number;
  /** After running this long, the count of failures starts again from nothing. */
  resetAfterMs: number;
}

/** What supervised children use unless they say otherwise. */
export const defaultBackoff: BackoffPolicy = {
  initialMs: 100,
  maxMs: 10_000,
  resetAfterMs: 10_000,
};

/** The delay before repetition number `failures` (1 is the first): `initialMs`, doubled each time, up to `maxMs`. */
export function backoffMs(policy: BackoffPolicy, failures: number): number {
  const exponent = Math.min(Math.max(failures, 1) - 1, 30);
  return Math.min(policy.initialMs * 2 ** exponent, policy.maxMs);
}
