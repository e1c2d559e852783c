/**
 * Time that passes when a test says so.
 */
import type { Clock } from "../../agent/base/clock.ts";

/** A clock that stands still until {@link ManualClock.advance}. */
export class ManualClock implements Clock {
  #nowMs: number;
  #wallMs: number;

  constructor(options: { nowMs?: number; wallMs?: number } = {}) {
    this.#nowMs = options.nowMs ?? 1_000_000;
    this.#wallMs = options.wallMs ?? 1_700_000_000_000;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  /** Lets `ms` pass on both clocks. */
  advance(ms: number): void {
    this.#nowMs += ms;
    this.#wallMs += ms;
  }
}
