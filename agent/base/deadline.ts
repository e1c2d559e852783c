/**
 * Waits that end: every wait in the agent has a deadline, an `AbortSignal`, or both.
 */
import { setTimeout as delay } from "node:timers/promises";
import { StreamSpaceError } from "./errors.ts";

/**
 * Waits for `promise`, but no longer than `timeoutMs` and no longer than `signal` allows.
 *
 * The promise itself is not cancelled; give the work the same signal where it can be.
 *
 * @param what names the thing waited for; it becomes part of the error message.
 * @throws StreamSpaceError `timeout` when the deadline passes, `aborted` when the signal fires.
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  options: { timeoutMs: number; what: string; signal?: AbortSignal },
): Promise<T> {
  const { timeoutMs, what, signal } = options;
  if (signal?.aborted) {
    promise.catch(() => undefined); // The caller gave up on it: its failure is not news to anybody.
    throw abortedWhile(what, signal);
  }
  return await new Promise<T>((resolve, reject) => {
    const stopWaiting = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = (): void => {
      stopWaiting();
      reject(abortedWhile(what, signal));
    };
    const timer = setTimeout(() => {
      stopWaiting();
      reject(
        new StreamSpaceError(
          "timeout",
          `${what} did not happen within ${timeoutMs} ms`,
        ),
      );
    }, timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    void promise.then(resolve, reject).finally(stopWaiting);
  });
}

/**
 * Waits for `promise` for at most `timeoutMs`, whatever comes of it.
 * @returns whether it settled in time.
 */
export async function settlesWithin(
  promise: Promise<unknown>,
  timeoutMs: number,
): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => {
      resolve(false);
    }, timeoutMs);
    const settled = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settled, settled);
  });
}

/**
 * Sleeps for `ms`.
 * @throws StreamSpaceError `aborted` when the signal fires first.
 */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    throw abortedWhile(`a sleep of ${ms} ms`, signal, error);
  }
}

/**
 * Calls `attempt` until it returns something other than `undefined`.
 *
 * @param options.everyMs pause between attempts.
 * @throws StreamSpaceError `timeout` or `aborted`, see {@link withDeadline}; whatever `attempt` throws.
 */
export async function poll<T>(
  attempt: () => Promise<T | undefined> | T | undefined,
  options: {
    everyMs: number;
    timeoutMs: number;
    what: string;
    signal?: AbortSignal;
  },
): Promise<T> {
  const stop = new AbortController();
  try {
    // Around the whole loop, because an attempt may be what never comes back.
    return await withDeadline(
      repeat(attempt, options.everyMs, stop.signal),
      options,
    );
  } finally {
    stop.abort();
  }
}

async function repeat<T>(
  attempt: () => Promise<T | undefined> | T | undefined,
  everyMs: number,
  stop: AbortSignal,
): Promise<T> {
  for (;;) {
    const value = await attempt();
    if (value !== undefined) return value;
    await sleep(everyMs, stop);
  }
}

function abortedWhile(
  what: string,
  signal?: AbortSignal,
  cause?: unknown,
): StreamSpaceError {
  return new StreamSpaceError(
    "aborted",
    `the wait for ${what} was called off`,
    {
      cause: cause ?? signal?.reason,
    },
  );
}
