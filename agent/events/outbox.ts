/**
 * Events on their way to one receiver: in order, tried again until they arrive, never more than a bound.
 *
 * Drop policy: what does not fit pushes out the oldest that is not just being sent, and the event behind the gap says how
 * many are missing there. So a receiver that was away for long learns the present, and where it has missed something.
 */
import { backoffMs, type BackoffPolicy } from "../base/backoff.ts";
import { settlesWithin, withDeadline } from "../base/deadline.ts";
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { eventText, type EventRecord } from "./session-event.ts";

/** Sends one event and resolves when it has arrived. Rejects with {@link Undeliverable} where no other try would help. */
export type Deliver = (
  text: string,
  record: EventRecord,
  signal: AbortSignal,
) => Promise<void>;

/** A receiver refuses this event for good. */
export class Undeliverable extends Error {
  override readonly name = "Undeliverable";
}

/** What became of the events so far. */
export interface OutboxCounts {
  readonly delivered: number;
  readonly dropped: number;
  /** Tries that failed. */
  readonly failures: number;
  readonly queued: number;
  /** Of the latest try, where that failed. */
  readonly lastError: string | undefined;
}

const retries: BackoffPolicy = {
  initialMs: 500,
  maxMs: 60_000,
  resetAfterMs: 0,
};
/** While the session ends there is no time for more. */
const hurriedRetryMs = 200;

export interface OutboxOptions {
  /** For logs, health and metrics: `webhook` or `log`. */
  readonly name: string;
  readonly deliver: Deliver;
  /** Deadline of one try. */
  readonly attemptMs: number;
  readonly log: Logger;
  /** Events that wait at most, the one being sent included; 2 at least. */
  readonly capacity?: number;
  /** In 0…1; spreads the tries of many agents whose receiver was away. */
  readonly random?: () => number;
}

/** An event that waits. */
interface Waiting {
  readonly record: EventRecord;
  /** How many were dropped just before it. */
  dropped: number;
}

/** See the module's description. */
export class Outbox {
  readonly name: string;
  readonly #options: OutboxOptions;
  readonly #capacity: number;
  readonly #random: () => number;
  readonly #queue: Waiting[] = [];
  readonly #abort = new AbortController();
  #working: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #hurried = false;
  #delivered = 0;
  #dropped = 0;
  /** Dropped, with nothing behind them yet that could say so. */
  #gap = 0;
  /** Whether events have been dropped since one was delivered. */
  #isDropping = false;
  #failures = 0;
  #lastError: string | undefined;

  constructor(options: OutboxOptions) {
    this.name = options.name;
    this.#options = options;
    this.#capacity = options.capacity ?? 256;
    this.#random = options.random ?? Math.random;
  }

  get counts(): OutboxCounts {
    return {
      delivered: this.#delivered,
      dropped: this.#dropped,
      failures: this.#failures,
      queued: this.#queue.length,
      lastError: this.#lastError,
    };
  }

  /** Takes an event; returns at once. Without effect after {@link close}. */
  push(record: EventRecord): void {
    if (this.#hurried) return;
    // Before one of them is dropped, so that there is one behind the gap.
    this.#queue.push({ record, dropped: this.#gap });
    this.#gap = 0;
    if (this.#queue.length > this.#capacity)
      this.#drop(1, "more wait than are kept");
    this.#working ??= this.#work();
  }

  /** Gives what waits another `withinMs`, then gives it up; idempotent. */
  async close(withinMs: number): Promise<void> {
    this.#hurried = true;
    this.#wake?.();
    if (this.#working !== undefined)
      await settlesWithin(this.#working, withinMs);
    const { length } = this.#queue;
    if (length > 0)
      this.#options.log.warn(
        { to: this.name, events: length, reason: this.#lastError },
        "events were not delivered before the end",
      );
    this.#dropped += length;
    this.#queue.length = 0;
    this.#abort.abort();
    this.#wake?.();
  }

  async #work(): Promise<void> {
    let failed = 0;
    for (;;) {
      const waiting = this.#queue[0];
      if (waiting === undefined || this.#abort.signal.aborted) break;
      if (await this.#try(waiting)) {
        failed = 0;
        continue;
      }
      failed += 1;
      await this.#pause(failed);
    }
    // Here, and not when the promise settles: what is pushed in between would wait for the next.
    this.#working = undefined;
  }

  /** @returns whether the event is dealt with, and gone from the queue. Never rejects. */
  async #try({ record, dropped }: Waiting): Promise<boolean> {
    const { attemptMs, deliver } = this.#options;
    const attempt = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, attempt.signal]);
    try {
      await withDeadline(deliver(eventText(record, dropped), record, signal), {
        timeoutMs: attemptMs,
        what: `the delivery of an event by ${this.name}`,
        signal: this.#abort.signal,
      });
    } catch (error) {
      // After the deadline has spoken: what it ends would only say that it was ended.
      attempt.abort();
      return this.#abort.signal.aborted ? false : this.#failed(error);
    }
    this.#queue.shift();
    this.#delivered += 1;
    this.#isDropping = false;
    if (this.#lastError !== undefined)
      this.#options.log.info({ to: this.name }, "events are delivered again");
    this.#lastError = undefined;
    return true;
  }

  #failed(error: unknown): boolean {
    const { attemptMs, log } = this.#options;
    const isLate =
      error instanceof StreamSpaceError && error.code === "timeout";
    const reason = isLate
      ? `timed out after ${attemptMs} ms`
      : messageOf(error);
    this.#failures += 1;
    if (this.#lastError === undefined)
      log.warn({ to: this.name, reason }, "an event could not be delivered");
    this.#lastError = reason;
    if (!(error instanceof Undeliverable)) return false;
    this.#drop(0, reason);
    return true;
  }

  /** Drops one of those that wait; the one behind it says so, and for those that it would have said it for. */
  #drop(index: number, reason: string): void {
    const [lost] = this.#queue.splice(index, 1);
    if (lost === undefined) return;
    if (!this.#isDropping)
      this.#options.log.warn({ to: this.name, reason }, "events are dropped");
    this.#isDropping = true;
    this.#dropped += 1;
    const behind = this.#queue[index];
    if (behind === undefined) this.#gap += lost.dropped + 1;
    else behind.dropped += lost.dropped + 1;
  }

  async #pause(failed: number): Promise<void> {
    const fullMs = backoffMs(retries, failed);
    const ms = this.#hurried
      ? hurriedRetryMs
      : fullMs * (0.5 + this.#random() / 2);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      // What waits for a receiver that is away must not keep the process.
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
