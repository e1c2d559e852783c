/**
 * What has to be gone when a test ends, however it ends: containers, volumes, folders, a browser.
 */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../agent/base/errors.ts";
import { once } from "../../agent/base/shutdown.ts";

/** Something that is removed once, by whichever comes first: its scope or the end of everything. */
export interface Belonging extends AsyncDisposable {
  readonly remove: () => Promise<void>;
}

export class Belongings {
  readonly #removals = new Set<() => Promise<void>>();
  readonly #end = new AbortController();
  readonly #warn: (words: string) => void;

  constructor(
    options: {
      /** Is told what could not be removed. */
      warn?: (words: string) => void;
    } = {},
  ) {
    this.#warn = options.warn ?? console.error;
  }

  /** Fires when everything is being removed: nothing may be started after that. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /**
   * Takes over what `remove` removes; before it is made, for nobody knows it once its making was interrupted.
   * @throws Error where everything is being removed already.
   */
  own(what: string, remove: () => Promise<unknown>): Belonging {
    this.signal.throwIfAborted();
    const removal = once(async () => {
      try {
        await remove();
      } catch (error) {
        // What was tested has an answer of its own, and the rest is still to be removed.
        this.#warn(`warning: ${what} is left behind: ${messageOf(error)}`);
      } finally {
        this.#removals.delete(removal);
      }
    });
    this.#removals.add(removal);
    return { remove: removal, [Symbol.asyncDispose]: removal };
  }

  /** An empty folder, on the disk that has room for an image. */
  ownFolder(prefix: string): Belonging & { readonly path: string } {
    const path = mkdtempSync(join(tmpdir(), prefix));
    return {
      path,
      ...this.own(`the folder ${path}`, () =>
        rm(path, { recursive: true, force: true, maxRetries: 5 }),
      ),
    };
  }

  /** The last first: a volume is owned before the container that uses it. */
  async removeAll(): Promise<void> {
    this.#end.abort(new Error("everything is being removed"));
    for (const removal of [...this.#removals].reverse()) await removal();
  }
}
