/**
 * Tells a child that hangs from one that works, or that a busy machine does not let run: neither answers in time.
 *
 * A window manager that binds its keys anew for each of sixty lent keycodes is silent for more than a second and comes back
 * by itself; ending it costs its user the focus, and the keys typed meanwhile. One that was stopped, or waits for what never
 * comes, uses no processor at all.
 */
import { readFileSync } from "node:fs";

/** So much of the time since the question, run or waited for a processor, is work. */
const busyShare = 0.1;
/** Nobody waits longer than that, in milliseconds: an endless loop works, too. */
export const longestSilenceMs = 10_000;

/** What it takes to judge; given by tests. */
export interface HangJudgeParts {
  /** Milliseconds of a monotonic clock. */
  nowMs(): number;
  /** Milliseconds that the process ran or waited for a processor since its start; `undefined` where nothing tells. */
  workMs(): number | undefined;
}

/** See the module's description. One question at a time. */
export class HangJudge {
  readonly #parts: HangJudgeParts;
  #askedMs: number;
  #workMsAtQuestion: number | undefined;
  #silentSinceMs: number | undefined;

  constructor(
    pid: number,
    parts: HangJudgeParts = {
      nowMs: () => performance.now(),
      workMs: () => workOf(pid),
    },
  ) {
    this.#parts = parts;
    this.#askedMs = parts.nowMs();
  }

  /** A question goes out. */
  asked(): void {
    this.#askedMs = this.#parts.nowMs();
    this.#silentSinceMs ??= this.#askedMs;
    this.#workMsAtQuestion = this.#parts.workMs();
  }

  /** It was answered. */
  answered(): void {
    this.#silentSinceMs = undefined;
  }

  /** It was not answered in time: whether the child has hung, and should not be asked again. */
  hasHung(): boolean {
    const nowMs = this.#parts.nowMs();
    const silentMs = nowMs - (this.#silentSinceMs ?? nowMs);
    if (silentMs >= longestSilenceMs) return true;
    const workMs = this.#parts.workMs();
    if (workMs === undefined || this.#workMsAtQuestion === undefined)
      return true;
    const worked = workMs - this.#workMsAtQuestion;
    return worked < busyShare * (nowMs - this.#askedMs);
  }
}

const nsPerMs = 1e6;

/**
 * Of the main thread alone, which is the one that answers: PulseAudio renders in others. Linux, scheduler/sched-stats:
 * nanoseconds that ran, nanoseconds that waited to run, number of turns.
 */
function workOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8");
    const [ranNs, waitedNs] = text.split(" ").map(Number);
    return ((ranNs ?? 0) + (waitedNs ?? 0)) / nsPerMs;
  } catch {
    return undefined; // It has just ended, or the kernel keeps no such figures.
  }
}
