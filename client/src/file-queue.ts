/**
 * The transfers of this page, in the order in which they were asked for: two at a time, the rest waits. Pure but for the work
 * that it is given.
 */
import { FileError, type FileProblem } from "./file-transfers.ts";

/** A file on its way. */
export interface FileTransfer {
  readonly id: string;
  readonly name: string;
  readonly direction: "upload" | "download";
  readonly state: "waiting" | "moving" | "done" | "failed" | "cancelled";
  readonly bytes: number;
  /** Size of the whole; 0 where it is not known yet. */
  readonly totalBytes: number;
  /** Of one that failed. */
  readonly problem?: FileProblem;
}

/** What a transfer does when its turn comes. */
export type TransferWork = (steer: {
  signal: AbortSignal;
  onProgress: (bytes: number) => void;
  onSize: (bytes: number) => void;
  /** It is called otherwise on the other side. */
  onName: (name: string) => void;
}) => Promise<void>;

/** What is asked for in one go, and what became of it. */
export interface BatchOutcome {
  readonly direction: FileTransfer["direction"];
  readonly done: readonly string[];
  readonly failed: readonly { name: string; problem: FileProblem }[];
}

/** Less than the agent allows in a session, so that others get their turn. */
const parallel = 2;
/** Those that wait or move; more are refused. */
export const maxOpen = 200;
/** Those that ended and are still shown. */
const maxEnded = 30;

interface Entry {
  transfer: FileTransfer;
  readonly work: TransferWork;
  readonly calling: AbortController;
}

/** See the module's description. */
export class FileQueue {
  readonly #entries: Entry[] = [];
  readonly #onChange: () => void;
  readonly #onIdle: (outcome: BatchOutcome) => void;
  #lastId = 0;
  #isOpen = false;
  /** Ended since the direction was idle. */
  #ended: FileTransfer[] = [];
  #transfers: readonly FileTransfer[] = [];

  /** @param onIdle told when nothing waits or moves any more in a direction. */
  constructor(
    onChange: () => void,
    onIdle: (outcome: BatchOutcome) => void = () => undefined,
  ) {
    this.#onChange = onChange;
    this.#onIdle = onIdle;
  }

  /** The latest last. */
  get transfers(): readonly FileTransfer[] {
    return this.#transfers;
  }

  /** @returns whether there was a place for it. */
  add(
    file: Pick<FileTransfer, "name" | "direction" | "totalBytes">,
    work: TransferWork,
  ): boolean {
    const open = this.#entries.filter(({ transfer }) => isOpen(transfer));
    if (open.length >= maxOpen) return false;
    this.#lastId += 1;
    const id = String(this.#lastId);
    this.#entries.push({
      transfer: { ...file, id, state: "waiting", bytes: 0 },
      work,
      calling: new AbortController(),
    });
    this.#proceed();
    return true;
  }

  /** Calls one off; without effect where it has ended. */
  cancel(id: string): void {
    const entry = this.#entries.find(({ transfer }) => transfer.id === id);
    if (entry === undefined || !isOpen(entry.transfer)) return;
    entry.calling.abort();
    if (entry.transfer.state === "waiting") this.#end(entry, "cancelled");
  }

  /** Forgets those that have ended. */
  clear(): void {
    for (const entry of this.#entries.filter(
      ({ transfer }) => !isOpen(transfer),
    ))
      this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#changed();
  }

  /** Those that wait go on from now on, or do not. */
  setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#proceed();
  }

  /** Ends all that wait. */
  refuseWaiting(
    direction: FileTransfer["direction"],
    problem: FileProblem,
  ): void {
    for (const entry of [...this.#entries]) {
      const { transfer } = entry;
      if (transfer.direction === direction && transfer.state === "waiting")
        this.#end(entry, problem);
    }
  }

  #proceed(): void {
    if (this.#isOpen) {
      const moving = this.#entries.filter(
        ({ transfer }) => transfer.state === "moving",
      );
      const next = this.#entries
        .filter(({ transfer }) => transfer.state === "waiting")
        .slice(0, parallel - moving.length);
      for (const entry of next) void this.#run(entry);
    }
    this.#changed();
  }

  /** Never rejects. */
  async #run(entry: Entry): Promise<void> {
    const change = (changed: Partial<FileTransfer>): void => {
      entry.transfer = { ...entry.transfer, ...changed };
      this.#changed();
    };
    entry.transfer = { ...entry.transfer, state: "moving" };
    try {
      await entry.work({
        signal: entry.calling.signal,
        onProgress: (bytes) => {
          change({ bytes });
        },
        onSize: (totalBytes) => {
          change({ totalBytes });
        },
        onName: (name) => {
          change({ name });
        },
      });
      this.#end(entry);
    } catch (error) {
      this.#end(entry, error instanceof FileError ? error.problem : "failed");
    }
  }

  #end(entry: Entry, problem?: FileProblem): void {
    const { transfer } = entry;
    entry.transfer =
      problem === undefined
        ? { ...transfer, state: "done", bytes: transfer.totalBytes }
        : problem === "cancelled"
          ? { ...transfer, state: "cancelled" }
          : { ...transfer, state: "failed", problem };
    this.#ended.push(entry.transfer);
    this.#forgetOldest();
    this.#proceed();
    this.#tellIdle(transfer.direction);
  }

  #tellIdle(direction: FileTransfer["direction"]): void {
    const isBusy = this.#entries.some(
      ({ transfer }) => transfer.direction === direction && isOpen(transfer),
    );
    if (isBusy) return;
    const of = this.#ended.filter((each) => each.direction === direction);
    this.#ended = this.#ended.filter((each) => each.direction !== direction);
    const done = of.filter(({ state }) => state === "done");
    const failed = of.flatMap(({ name, problem }) =>
      problem === undefined ? [] : [{ name, problem }],
    );
    if (done.length + failed.length > 0)
      this.#onIdle({ direction, done: done.map(({ name }) => name), failed });
  }

  #forgetOldest(): void {
    const ended = this.#entries.filter(({ transfer }) => !isOpen(transfer));
    for (const entry of ended.slice(0, Math.max(ended.length - maxEnded, 0)))
      this.#entries.splice(this.#entries.indexOf(entry), 1);
  }

  #changed(): void {
    this.#transfers = this.#entries.map(({ transfer }) => transfer);
    this.#onChange();
  }
}

function isOpen({ state }: FileTransfer): boolean {
  return state === "waiting" || state === "moving";
}
