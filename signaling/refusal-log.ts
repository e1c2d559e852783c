/**
 * Log lines about people who were refused. Anybody who reaches the port can cause them, as many as
 * they like, so they must not fill a disk.
 */
import type { Logger } from "../agent/base/log.ts";
import type { ErrorName } from "./protocol.ts";

/** At most one line in this time, after the first. */
const summaryIntervalMs = 60_000;

/** Writes the first refusal at once, and those of each minute that follow it as one line of counts. */
export class RefusalLog {
  readonly #log: Logger;
  /** Refusals since the last line. */
  readonly #counts = new Map<ErrorName, number>();
  /** Runs from a line until there may be another. */
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  note(error: ErrorName, message: string): void {
    if (this.#closed) return;
    if (this.#timer !== undefined) {
      this.#counts.set(error, (this.#counts.get(error) ?? 0) + 1);
      return;
    }
    this.#log.info({ error }, `a viewer was refused: ${message}`);
    this.#pause();
  }

  /** Writes what has not been written; idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#summarize();
  }

  #pause(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#summarize()) this.#pause();
    }, summaryIntervalMs);
    this.#timer.unref();
  }

  /** Returns whether there was anything to say. */
  #summarize(): boolean {
    if (this.#counts.size === 0) return false;
    this.#log.info(
      { refusals: Object.fromEntries(this.#counts) },
      "more viewers were refused",
    );
    this.#counts.clear();
    return true;
  }
}
