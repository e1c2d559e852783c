/**
 * Signals that ask the agent to end, and the time that viewers have then.
 */
import { poll } from "../base/deadline.ts";
import type { Logger } from "../base/log.ts";

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Somebody asked the agent to end. */
export interface EndRequest {
  /** In words, for logs and events. */
  readonly reason: string;
  /** Only an orchestrator's signal leaves viewers time; whoever sits at the terminal wants it to end. */
  readonly isGraceful: boolean;
}

/** Listens to the signals from its making on, until the process ends. */
export class EndRequests {
  /** The first request. */
  readonly requested: Promise<EndRequest>;
  /** Fires at the second signal. */
  readonly hurry: AbortSignal;

  constructor(log: Logger) {
    const { promise, resolve } = Promise.withResolvers<EndRequest>();
    const hurry = new AbortController();
    this.requested = promise;
    this.hurry = hurry.signal;
    let wasAsked = false;
    for (const signal of signals) {
      process.on(signal, () => {
        log.info({ signal }, wasAsked ? "asked to hurry" : "asked to end");
        if (wasAsked) hurry.abort();
        wasAsked = true;
        resolve({ reason: signal, isGraceful: signal === "SIGTERM" });
      });
    }
  }
}

/** Waits until no viewer is left, for `graceMs` at most, or until somebody hurries. Never rejects. */
export async function untilViewersLeft(options: {
  viewers: () => number;
  graceMs: number;
  hurry: AbortSignal;
}): Promise<void> {
  const { viewers, graceMs, hurry } = options;
  if (graceMs === 0 || viewers() === 0) return;
  const left = poll(() => (viewers() === 0 ? true : undefined), {
    everyMs: 50,
    timeoutMs: graceMs,
    what: "the end of the last visit",
    signal: hurry,
  });
  await left.catch(() => undefined); // The time is over, or there is none.
}
