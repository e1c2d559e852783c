/**
 * Which encoder a stream uses next, after some have failed. Pure but for its clock.
 *
 * One failure is an accident, and the same encoder is tried again. Two within {@link failureWindowMs} are not, nor
 * is a start that failed: it is barred, and the next one takes over. A bar ends by itself, each longer than the one
 * before; the better encoder then comes back at the next start, never in the middle of a stream that runs. An
 * encoder that was asked for by name, without fallback, is a ladder of one: it is tried for ever.
 */
import type { Clock } from "../../agent/base/clock.ts";

/** Failures within this belong together. */
export const failureWindowMs = 10_000;
/** So many of them bar an encoder. */
export const failuresThatBar = 2;
/** Length of the first bar; doubled each time. */
export const firstBarMs = 60_000;
export const longestBarMs = 600_000;

/** What is remembered of an encoder that has failed. */
interface Conduct {
  failuresMs: number[];
  reason: string;
  /** Wall clock of the last failure. */
  sinceMs: number;
  barredUntilMs: number;
  bars: number;
}

/** What is held against an encoder. */
export interface EncoderTrouble {
  element: string;
  /** Why it failed last. */
  reason: string;
  /** When that was, in milliseconds since 1970. */
  sinceMs: number;
  isBarred: boolean;
}

/** See the module's description. */
export class EncoderLadder {
  readonly #clock: Clock;
  readonly #conducts = new Map<string, Conduct>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `encoders` in the order in which to try them: barred ones last, the one that was barred longest ago first. */
  order<T extends { element: string }>(encoders: readonly T[]): T[] {
    const nowMs = this.#clock.nowMs();
    const barredUntilMs = ({ element }: T): number =>
      Math.max(nowMs, this.#conducts.get(element)?.barredUntilMs ?? nowMs);
    return encoders.toSorted(
      (one, other) => barredUntilMs(one) - barredUntilMs(other),
    );
  }

  /**
   * `element` failed while it ran, or was slower to start than one that came after it.
   * @param atMs when, on the ladder's clock; now where absent.
   */
  failed(element: string, reason: string, atMs = this.#clock.nowMs()): void {
    const conduct = this.#conductOf(element, reason, atMs);
    conduct.failuresMs = conduct.failuresMs.filter(
      (failureMs) => atMs - failureMs < failureWindowMs,
    );
    conduct.failuresMs.push(atMs);
    if (conduct.failuresMs.length >= failuresThatBar) bar(conduct, atMs);
  }

  /** `element` did not get as far as its first packet; `atMs` as in {@link failed}. */
  failedToStart(
    element: string,
    reason: string,
    atMs = this.#clock.nowMs(),
  ): void {
    bar(this.#conductOf(element, reason, atMs), atMs);
  }

  /** Why another than the first of `encoders` runs; `undefined` where `element` is the first. */
  whyBelowBest(
    encoders: readonly { element: string }[],
    element: string,
  ): string | undefined {
    const best = encoders[0]?.element ?? element;
    if (best === element) return undefined;
    return `${best}: ${this.#conducts.get(best)?.reason ?? "it was not tried"}`;
  }

  /** Whether anything failed lately, so that a start had better not be waited for too long. */
  get hasRecentFailure(): boolean {
    const nowMs = this.#clock.nowMs();
    return [...this.#conducts.values()].some(
      ({ failuresMs, barredUntilMs }) =>
        barredUntilMs > nowMs ||
        failuresMs.some((failureMs) => nowMs - failureMs < failureWindowMs),
    );
  }

  /** What is held against each encoder that has failed. */
  troubles(): readonly EncoderTrouble[] {
    const nowMs = this.#clock.nowMs();
    return Array.from(this.#conducts, ([element, conduct]) => ({
      element,
      reason: conduct.reason,
      sinceMs: conduct.sinceMs,
      isBarred: conduct.barredUntilMs > nowMs,
    }));
  }

  #conductOf(element: string, reason: string, atMs: number): Conduct {
    const sinceMs =
      this.#clock.wallMs() - Math.round(this.#clock.nowMs() - atMs);
    const conduct = this.#conducts.get(element) ?? {
      failuresMs: [],
      reason,
      sinceMs,
      barredUntilMs: -Infinity,
      bars: 0,
    };
    conduct.reason = reason;
    conduct.sinceMs = sinceMs;
    this.#conducts.set(element, conduct);
    return conduct;
  }
}

function bar(conduct: Conduct, nowMs: number): void {
  const barMs = Math.min(longestBarMs, firstBarMs * 2 ** conduct.bars);
  conduct.bars += 1;
  conduct.barredUntilMs = nowMs + barMs;
  conduct.failuresMs = [];
}
