/**
 * Numbers the events of a session and gives each to every receiver.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { Outbox, OutboxCounts } from "./outbox.ts";
import type { SessionEvent } from "./session-event.ts";

/** What became of the events for one receiver. */
export interface ReceiverReport extends OutboxCounts {
  readonly name: string;
}

/** See the module's description. */
export class SessionEvents {
  readonly #session = randomUUID();
  readonly #clock: Clock;
  readonly #outboxes: readonly Outbox[];
  #sequence = 0;

  constructor(options: { clock: Clock; outboxes: readonly Outbox[] }) {
    this.#clock = options.clock;
    this.#outboxes = options.outboxes;
  }

  /** Tells an event; returns at once. */
  tell(event: SessionEvent): void {
    this.#sequence += 1;
    const record = {
      id: `${this.#session}-${this.#sequence}`,
      sequence: this.#sequence,
      time: new Date(this.#clock.wallMs()).toISOString(),
      session: this.#session,
      event,
    };
    for (const outbox of this.#outboxes) outbox.push(record);
  }

  reports(): readonly ReceiverReport[] {
    return this.#outboxes.map(({ name, counts }) => ({ name, ...counts }));
  }

  /** Gives what waits another `withinMs`; idempotent. */
  async close(withinMs: number): Promise<void> {
    await Promise.all(this.#outboxes.map((outbox) => outbox.close(withinMs)));
  }
}
