/**
 * Gives memory back when the last viewer has gone.
 *
 * A visit makes some hundred kilobytes of garbage. V8 collects it when it needs the room, and keeps the pages: after a
 * thousand visits 100 MB of a process that uses 30. A collection takes a tenth of a second, in which nobody watches.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Encoders linger for 10 s after the last viewer, and a page that is loaded again is back before. */
const idleMs = 12_000;

/** Collects garbage once after each time in which somebody was there. */
export class IdleMemory {
  readonly #collect: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param collect replaced in tests. */
  constructor(collect: () => void = collectEverything) {
    this.#collect = collect;
  }

  /** @param viewers how many are here now. */
  changed(viewers: number): void {
    clearTimeout(this.#timer);
    if (viewers > 0) return;
    this.#timer = setTimeout(this.#collect, idleMs);
    this.#timer.unref();
  }

  /** Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
  }
}

type Collector = (options: {
  type: "major";
  execution: "sync";
  flavor: "last-resort";
}) => unknown;

/** As when memory runs out: unlike an ordinary collection, this one gives pages back to the system. */
function collectEverything(): void {
  setFlagsFromString("--expose-gc");
  const collector: unknown = runInNewContext("typeof gc === 'function' && gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collector === "function")
    (collector as Collector)({
      type: "major",
      execution: "sync",
      flavor: "last-resort",
    });
}
