/**
 * Notices a window manager that hangs: no window opens then, and none can be moved. It can be ended without harm, since
 * the server keeps its windows for the next one.
 */
import type { OwnedChild } from "../base/child-process.ts";
import { isTimeout, messageOf } from "../base/errors.ts";
import { onSharedTicks } from "../base/shared-ticks.ts";
import type { WindowManagerQuestion } from "../x11/window-manager-requests.ts";
import { HangJudge } from "./hang-judge.ts";

/** Between two questions, and how long it may think about one: one that does nothing is found out within 2.25 s. */
const askEveryMs = 1_000;
const answerTimeoutMs = 1_250;

/** What is watched, and what it takes to watch it. */
export interface WatchedManager {
  readonly child: OwnedChild;
  readonly question: WindowManagerQuestion;
  /** A round trip to the display: when that hangs, its window manager is not to blame. Rejects where it does not come. */
  readonly pingDisplay: (timeoutMs: number) => Promise<void>;
}

/**
 * Asks until the child ends. A window manager that does not answer the first question knows nothing of such questions,
 * and is left alone.
 */
export function watchWindowManager(watched: WatchedManager): void {
  const { child, question } = watched;
  const stop = new AbortController();
  const judge = new HangJudge(child.pid);
  let isAsking = false;
  let hasAnswered = false;
  const unwatch = onSharedTicks(askEveryMs, () => {
    if (!isAsking) void look();
  });
  const end = (): void => {
    unwatch();
    stop.abort();
    question.close();
  };
  void child.exited.then(end);
  const look = async (): Promise<void> => {
    isAsking = true;
    try {
      judge.asked();
      await question.ask(answerTimeoutMs, stop.signal);
      judge.answered();
      hasAnswered = true;
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!isTimeout(error) || !judge.hasHung()) return;
      if (hasAnswered) await blame(watched, error);
      else unwatch();
    } finally {
      isAsking = false;
    }
  };
}

/** How long a display takes that is well. */
const displayTimeoutMs = 250;

async function blame(
  { child, pingDisplay }: WatchedManager,
  error: unknown,
): Promise<void> {
  try {
    await pingDisplay(displayTimeoutMs);
  } catch {
    return; // Asked again when the display is back.
  }
  await child.closeAsStalled(messageOf(error));
}
