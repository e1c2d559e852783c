/**
 * Token buckets with a clock from outside.
 */
import type { Clock } from "../agent/base/clock.ts";

/** Allows `ratePerSecond` events on average and `burst` at once. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #ratePerSecond: number;
  readonly #burst: number;
  #tokens: number;
  #lastMs: number;

  constructor(options: { clock: Clock; ratePerSecond: number; burst: number }) {
    this.#clock = options.clock;
    this.#ratePerSecond = options.ratePerSecond;
    this.#burst = options.burst;
    this.#tokens = options.burst;
    this.#lastMs = options.clock.nowMs();
  }

  /** Takes one token; `false` where there is none. */
  take(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** The next {@link take} would fail. */
  get empty(): boolean {
    this.#refill();
    return this.#tokens < 1;
  }

  #refill(): void {
    const nowMs = this.#clock.nowMs();
    this.#tokens = Math.min(
      this.#burst,
      this.#tokens + ((nowMs - this.#lastMs) / 1_000) * this.#ratePerSecond,
    );
    this.#lastMs = nowMs;
  }
}
