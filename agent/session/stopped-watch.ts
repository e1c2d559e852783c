/**
 * Notices that a process was stopped (SIGSTOP, a debugger). Nothing is done about it: somebody may have stopped it to look
 * at it, and what it has not saved would be lost.
 */
import { onSharedTicks } from "../base/shared-ticks.ts";
import { isStopped } from "../base/stopped-process.ts";
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
    const isNow = isStopped(this.#pid);
    if (isNow === (this.#trouble !== undefined)) return;
    this.#trouble = isNow
      ? { what: "was stopped, by a signal or a debugger", sinceMs: Date.now() }
      : undefined;
    this.#onChange();
  }
}
