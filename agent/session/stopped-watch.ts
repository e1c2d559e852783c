/**
 * Notices that a process was stopped (SIGSTOP, a debugger). Nothing is done about it: somebody may have stopped it to look
 * at it, and what it has not saved would be lost.
 */
import { readFileSync } from "node:fs";
import { onSharedTicks } from "../base/shared-ticks.ts";
import type { Trouble } from "../supervisor/service.ts";

const everyMs = 1_000;

/** See the module's description. */
export class StoppedWatch {
  readonly #pid: number;
  readonly #unwatch: () => void;
  #trouble: Trouble | undefined;
  #onChange: () => void = () => undefined;

  constructor(pid: number) {
    this.#pid = pid;
    this.#unwatch = onSharedTicks(everyMs, () => {
      this.#look();
    });
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** @param listener called when {@link trouble} begins and ends. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Idempotent. */
  close(): void {
    this.#unwatch();
  }

  #look(): void {
    const isStopped = isStoppedState(stateOf(this.#pid));
    if (isStopped === (this.#trouble !== undefined)) return;
    this.#trouble = isStopped
      ? { what: "was stopped, by a signal or a debugger", sinceMs: Date.now() }
      : undefined;
    this.#onChange();
  }
}

/** proc(5): T is stopped by a signal, t by a tracer. */
function isStoppedState(state: string | undefined): boolean {
  return state === "T" || state === "t";
}

function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything; the state follows it.
    return stat.charAt(stat.lastIndexOf(")") + 2);
  } catch {
    return undefined; // It has just ended, which its owner finds out.
  }
}
