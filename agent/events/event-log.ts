/**
 * Events as lines of JSON, appended to a file or to a descriptor that the agent was started with.
 */
import { close, constants, fstatSync, open, openSync, write } from "node:fs";
import { promisify } from "node:util";
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import { once } from "../base/shutdown.ts";
import type { Deliver } from "./outbox.ts";

const openFile = promisify(open);
const writeTo = promisify(write);
const closeFile = promisify(close);

/** Writes what it can of the bytes. */
export type WriteBytes = (
  descriptor: number,
  bytes: Buffer,
) => Promise<{ bytesWritten: number }>;

/** Never waits for a reader: a full pipe is an error, which ends with another try. */
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;
/** Who reads it may know who came when. */
const mode = 0o600;

/** See the module's description. */
export class EventLog {
  readonly close = once(() => this.#end());
  readonly deliver: Deliver = (text, record) =>
    this.#appendOnce(text, record.id);
  readonly #write: WriteBytes;
  readonly #path: string;
  readonly #isDescriptor: boolean;
  #descriptor: number | undefined;
  /** The latest line: on its way, or written. */
  #latest: { id: string; done: Promise<void> } | undefined;
  #isBusy = false;
  #isClosed = false;
  /** What is left of a line that was written in part. */
  #rest: { id: string; bytes: Buffer } | undefined;

  /**
   * @param target a path, or `fd:` and a number. A descriptor is opened anew, so that writing to it cannot block: a file,
   *   a pipe or a terminal, not a socket. Made before the agent becomes another user, who might not be allowed to.
   * @param write replaces the system's in tests.
   * @throws StreamSpaceError `unwritable` for a descriptor that is none of these.
   */
  constructor(target: string, write: WriteBytes = writeTo) {
    this.#write = write;
    const descriptor = /^fd:(\d+)$/.exec(target)?.[1];
    this.#path = target;
    this.#isDescriptor = descriptor !== undefined;
    if (descriptor !== undefined)
      this.#descriptor = openAgain(descriptor, target);
  }

  /**
   * A write to a file system that hangs cannot be called off, and has a thread of the pool until it ends. So another try
   * of its line waits for it, and so does the next line: one thread at most, no line twice, none inside another.
   */
  #appendOnce(text: string, id: string): Promise<void> {
    const before = this.#latest;
    if (before?.id === id) return before.done;
    const done = this.#appendBehind(before?.done, text, id);
    const latest = { id, done };
    this.#latest = latest;
    done.catch(() => {
      // It has ended without success: the next try is a new one.
      if (this.#latest === latest) this.#latest = undefined;
    });
    return done;
  }

  async #appendBehind(
    before: Promise<void> | undefined,
    text: string,
    id: string,
  ): Promise<void> {
    await before?.catch(() => undefined); // Its own caller hears of it.
    if (this.#isClosed) throw new Error("the event log is closed");
    this.#isBusy = true;
    try {
      await this.#append(text, id);
    } finally {
      this.#isBusy = false;
      await this.#closeIfEnded();
    }
  }

  async #append(text: string, id: string): Promise<void> {
    const descriptor = (this.#descriptor ??= await openFile(
      this.#path,
      flags | constants.O_CREAT,
      mode,
    ));
    let bytes =
      this.#rest?.id === id ? this.#rest.bytes : Buffer.from(`${text}\n`);
    try {
      while (bytes.length > 0) {
        const { bytesWritten } = await this.#write(descriptor, bytes);
        bytes = bytes.subarray(bytesWritten);
        this.#rest = { id, bytes };
      }
      this.#rest = undefined;
    } finally {
      // A file that is rotated away is left behind; the reader of a pipe must not see an end after each line.
      if (!this.#isDescriptor && fstatSync(descriptor).isFile())
        await this.#closeDescriptor();
    }
  }

  async #end(): Promise<void> {
    this.#isClosed = true;
    await this.#closeIfEnded();
  }

  /** A write that hangs closes it when it ends: until then its number must be nobody else's, and nobody waits for it. */
  async #closeIfEnded(): Promise<void> {
    if (this.#isClosed && !this.#isBusy) await this.#closeDescriptor();
  }

  async #closeDescriptor(): Promise<void> {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) await closeFile(descriptor);
  }
}

function openAgain(descriptor: string, target: string): number {
  const path = `/proc/self/fd/${descriptor}`;
  try {
    return openSync(path, flags);
  } catch (error) {
    throw new StreamSpaceError(
      "unwritable",
      `the event log ${target} cannot be opened: ${messageOf(error)}`,
      {
        cause: error,
        mend: "Start the agent with that descriptor open for writing, such as 3>>events.jsonl, or name a file.",
      },
    );
  }
}
