/**
 * Time as a dependency, so that state machines and back-off can be tested without waiting.
 */

/** A source of time. `nowMs` is monotonic; `wallMs` is Unix time and may jump. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary origin. */
  nowMs(): number;
  /** Unix time in milliseconds. */
  wallMs(): number;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};
