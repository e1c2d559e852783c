/**
 * Starts candidates one after the other until one works, without waiting for one that hangs: after a while the
 * next is started beside it, and the first that works wins.
 */
import { sleep } from "../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../agent/base/errors.ts";

/** What is to be started. */
export interface HedgedStart<Candidate, Running> {
  /** Best first; at least one. */
  candidates: readonly Candidate[];
  /** Starts one; rejects where it fails, and soon after `signal` fires. */
  start: (candidate: Candidate, signal: AbortSignal) => Promise<Running>;
  /** How long to wait for a candidate before the next is started too; `undefined` to wait for its end. */
  hedgeMs: (candidate: Candidate) => number | undefined;
  /** A candidate failed. Must not throw. */
  onFailed: (candidate: Candidate, error: unknown) => void;
  /** A candidate was slower than one that was started after it. Must not throw. */
  onSlower: (candidate: Candidate) => void;
  signal: AbortSignal;
}

interface Attempt<Candidate, Running> {
  candidate: Candidate;
  abort: AbortController;
  /** Settles with what came of it; never rejects. */
  outcome: Promise<Outcome<Candidate, Running>>;
}

type Outcome<Candidate, Running> =
  | { kind: "running"; attempt: Attempt<Candidate, Running>; running: Running }
  | { kind: "failed"; attempt: Attempt<Candidate, Running>; error: unknown };

/**
 * The first that works; the others have been ended when it returns.
 * @throws whatever the last candidate failed with; `aborted` as `start` does.
 */
export async function startFirst<
  Candidate,
  Running extends { close(): Promise<void> },
>(options: HedgedStart<Candidate, Running>): Promise<Running> {
  const { candidates, onFailed, onSlower, hedgeMs, signal } = options;
  const waiting = [...candidates];
  let attempts: Attempt<Candidate, Running>[] = [];
  let lastError: unknown = new StreamSpaceError(
    "missing-element",
    "there is nothing to start",
  );
  for (;;) {
    const next = waiting.shift();
    if (next !== undefined) attempts.push(attempt(options, next));
    else if (attempts.length === 0) throw lastError;
    const afterMs =
      waiting.length > 0 && next !== undefined ? hedgeMs(next) : undefined;
    const outcome = await firstOf(attempts, afterMs);
    if (outcome === undefined) continue;
    attempts = attempts.filter((other) => other !== outcome.attempt);
    if (outcome.kind === "running") {
      const later = candidates.indexOf(outcome.attempt.candidate);
      for (const { candidate } of attempts)
        if (candidates.indexOf(candidate) < later) onSlower(candidate);
      await endAll(attempts);
      return outcome.running;
    }
    lastError = outcome.error;
    if (signal.aborted) {
      await endAll(attempts);
      throw outcome.error;
    }
    onFailed(outcome.attempt.candidate, outcome.error);
  }
}

function attempt<Candidate, Running>(
  { start, signal }: HedgedStart<Candidate, Running>,
  candidate: Candidate,
): Attempt<Candidate, Running> {
  const abort = new AbortController();
  const made: Attempt<Candidate, Running> = {
    candidate,
    abort,
    outcome: start(candidate, AbortSignal.any([signal, abort.signal])).then(
      (running) => ({ kind: "running", attempt: made, running }),
      (error: unknown) => ({ kind: "failed", attempt: made, error }),
    ),
  };
  return made;
}

/** The first outcome, or `undefined` when none has come after `afterMs`. */
async function firstOf<Candidate, Running>(
  attempts: readonly Attempt<Candidate, Running>[],
  afterMs: number | undefined,
): Promise<Outcome<Candidate, Running> | undefined> {
  const outcomes = attempts.map(({ outcome }) => outcome);
  if (afterMs === undefined) return await Promise.race(outcomes);
  const impatient = new AbortController();
  const tooLong = sleep(afterMs, impatient.signal).then(
    () => undefined,
    () => undefined, // called off, because an outcome came first
  );
  try {
    return await Promise.race([...outcomes, tooLong]);
  } finally {
    impatient.abort();
  }
}

async function endAll<Candidate, Running extends { close(): Promise<void> }>(
  attempts: readonly Attempt<Candidate, Running>[],
): Promise<void> {
  for (const { abort } of attempts) abort.abort();
  await Promise.all(
    attempts.map(async ({ outcome }) => {
      const ended = await outcome;
      if (ended.kind === "running") await ended.running.close();
    }),
  );
}
