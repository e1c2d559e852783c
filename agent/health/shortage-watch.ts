/**
 * Notices what the machine does not give any more: descriptors, processes, room on the disk. Each of them keeps a viewer
 * who comes now from getting an encoder, although everything that runs goes on.
 */
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { systemCodeOf } from "../base/errors.ts";
import { onSharedTicks } from "../base/shared-ticks.ts";
import type { Shortages } from "./health-report.ts";

/** Between two looks: the readiness must follow within 3 s, and a look costs a tenth of a millisecond. */
const everyMs = 2_000;
/** A child takes six pipes and a viewer three sockets; with fewer left a viewer may come in vain. */
export const fewestDescriptors = 32;
/** Of the run-time directory's file system. */
export const fewestBytes = 1_048_576;

/** What a look found. */
export interface MachineFacts {
  /** Descriptors that may yet be opened; `undefined` where the kernel does not tell. */
  descriptorsLeft: number | undefined;
  /** Why nothing can be opened, e.g. `ENFILE`. */
  openError: string | undefined;
  /** Bytes of the run-time directory that may yet be written; `undefined` while that is not known. */
  bytesLeft: number | undefined;
}

/** What is short, in words. Pure. */
export function shortagesOf(facts: MachineFacts): Shortages {
  const { descriptorsLeft, openError, bytesLeft } = facts;
  const isShort =
    descriptorsLeft !== undefined && descriptorsLeft < fewestDescriptors;
  return {
    blocking: [
      ...(openError === undefined
        ? []
        : [`the agent cannot open files (${openError})`]),
      ...(openError === undefined && isShort
        ? [
            `the agent has only ${Math.max(0, descriptorsLeft)} file descriptors left`,
          ]
        : []),
    ],
    lacking:
      bytesLeft !== undefined && bytesLeft < fewestBytes
        ? ["the file system of the run-time directory is full"]
        : [],
  };
}

/** See the module's description. */
export class ShortageWatch {
  readonly #directory: string;
  readonly #onChange: () => void;
  readonly #stop: () => void;
  #bytesLeft: number | undefined;
  #isAsking = false;
  #shortages: Shortages = { blocking: [], lacking: [] };

  /** @param options.onChange called after {@link shortages} became others. */
  constructor(options: { directory: string; onChange: () => void }) {
    this.#directory = options.directory;
    this.#onChange = options.onChange;
    this.#stop = onSharedTicks(everyMs, () => {
      this.look();
    });
  }

  get shortages(): Shortages {
    return this.#shortages;
  }

  /** Whether the machine is short of anything. */
  get isShort(): boolean {
    const { blocking, lacking } = this.#shortages;
    return blocking.length + lacking.length > 0;
  }

  /** Takes a look now. */
  look(): void {
    // In a thread of the pool: a file system that hangs must not take the agent with it.
    void this.#askForRoom();
    const before = JSON.stringify(this.#shortages);
    this.#shortages = shortagesOf({
      ...descriptors(),
      bytesLeft: this.#bytesLeft,
    });
    if (JSON.stringify(this.#shortages) !== before) this.#onChange();
  }

  /** Idempotent. */
  close(): void {
    this.#stop();
  }

  async #askForRoom(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const { bavail, bsize } = await statfs(this.#directory);
      this.#bytesLeft = bavail * bsize;
    } catch {
      this.#bytesLeft = undefined; // It is put back when a service needs it.
    } finally {
      this.#isAsking = false;
    }
  }
}

function descriptors(): Pick<MachineFacts, "descriptorsLeft" | "openError"> {
  try {
    closeSync(openSync("/dev/null", "r"));
    const limit = descriptorLimit();
    const used = readdirSync("/proc/self/fd").length;
    return {
      descriptorsLeft: limit === undefined ? undefined : limit - used,
      openError: undefined,
    };
  } catch (error) {
    const code = systemCodeOf(error);
    // What else may go wrong here (no /proc) says nothing of descriptors.
    return {
      descriptorsLeft: undefined,
      openError:
        code === "EMFILE" || code === "ENFILE" || code === "ENOMEM"
          ? code
          : undefined,
    };
  }
}

/** The soft limit of this process, which prlimit(1) may change. */
function descriptorLimit(): number | undefined {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined; // No /proc here.
  }
}
