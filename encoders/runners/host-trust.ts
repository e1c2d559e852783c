/**
 * Whether the host can work here at all, or gst-launch has to do in its place; and whose fault a failure was. Pure but
 * for its clock.
 *
 * Once the host has worked, a failure is the encoder's. But where it fails with one encoder after another, the host is
 * what they have in common: it is given a rest, longer each time, before it bars all of them.
 */
import type { Clock } from "../../agent/base/clock.ts";
import {
  messageOf,
  StreamSpaceError,
  type ErrorCode,
} from "../../agent/base/errors.ts";
import { hostElements } from "../host/host-pipeline.ts";

/** What a host lacks does not come back by itself: a library, a display with MIT-SHM and DAMAGE. */
const lasting: readonly ErrorCode[] = [
  "missing-program",
  "missing-element",
  "display-unreachable",
];
/** These may be the host's fault or the encoder's, or come of a busy machine. */
const passing: readonly ErrorCode[] = ["child-exited", "timeout"];
/** After so many of them the host is given up. */
const passingLimit = 2;
/** Elements that only the host's pipelines have. */
const ownElements = /"(?:appsrc|appsink|tee)"/;

/** Failures of so many elements within {@link suspicionWindowMs} are the host's. */
const elementsThatAccuse = 2;
export const suspicionWindowMs = 10_000;
/** Length of the host's first rest; doubled each time. */
export const firstRestMs = 60_000;
const longestRestMs = 600_000;

/** A host that ended while it was wanted, or did not start. */
export interface HostFailure {
  /** What it encoded with. */
  element: string;
  reason: string;
  /** When, on the clock of the trust. */
  atMs: number;
}

/** See the module's description. One for a session. */
export class HostTrust {
  readonly #clock: Clock;
  #hasWorked = false;
  #passed = 0;
  #lastingFailure: string | undefined;
  #failures: HostFailure[] = [];
  #rest: { reason: string; untilMs: number } | undefined;
  #rests = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Why the host is not tried now; `undefined` where it is. */
  get failure(): string | undefined {
    if (this.#lastingFailure !== undefined) return this.#lastingFailure;
    const isResting =
      this.#rest !== undefined && this.#clock.nowMs() < this.#rest.untilMs;
    return isResting ? this.#rest?.reason : undefined;
  }

  /** A host has sent its first packet: from here on it is the encoders that fail, unless several do. */
  onWorked(): void {
    this.#hasWorked = true;
  }

  /** A host failed, and neither its display nor, in its own words, its encoder was the reason. */
  onFailed(failure: HostFailure): void {
    const recent = [...this.#failures, failure].filter(
      ({ atMs }) => failure.atMs - atMs < suspicionWindowMs,
    );
    this.#failures = recent;
    const elements = [...new Set(recent.map(({ element }) => element))];
    if (elements.length < elementsThatAccuse || this.failure !== undefined)
      return;
    const restMs = Math.min(longestRestMs, firstRestMs * 2 ** this.#rests);
    this.#rests += 1;
    this.#failures = [];
    this.#rest = {
      reason: `it failed with ${elements.join(" and ")} within ${suspicionWindowMs / 1_000} s, at last: ${failure.reason}`,
      untilMs: this.#clock.nowMs() + restMs,
    };
  }

  /** Whether gst-launch may succeed with the same encoder after the host failed with `error`. */
  mayBeAtFault(error: unknown): boolean {
    if (!(error instanceof StreamSpaceError)) return false;
    if (this.#hasWorked && this.failure === undefined) return false;
    const { code, message } = error;
    if (code === "missing-element") return ownElements.test(message);
    if (code === "child-exited") return !isOfEncoder(message);
    return lasting.includes(code) || passing.includes(code);
  }

  /** gst-launch worked where the host had failed with `error`: the encoder is not to blame. */
  onWorkedWithout(error: unknown): void {
    const isPassing =
      error instanceof StreamSpaceError && passing.includes(error.code);
    this.#passed += 1;
    if (isPassing && this.#passed < passingLimit) return;
    this.#lastingFailure = messageOf(error);
  }
}

/** Whether a start that failed with `error` says something of the host: it may have been the machine, but not the encoder. */
export function isHostFailure(error: unknown): boolean {
  return (
    error instanceof StreamSpaceError &&
    passing.includes(error.code) &&
    !isOfEncoder(error.message)
  );
}

/** Whether a host's last words are an error message of its encoder, by the name the host's pipelines give it. */
export function isOfEncoder(words: string): boolean {
  return new RegExp(`(?:^|: )${hostElements.encoder}: `).test(words);
}
