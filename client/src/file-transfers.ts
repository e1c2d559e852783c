/**
 * Files over one connection: each request has one answer, and a deadline.
 */
import { BulkError } from "../../signaling/protocol/bulk-channel.ts";
import {
  filesLimits,
  type FileRefusal,
  type FilesListingMessage,
  type ServerMessage,
} from "../../signaling/protocol.ts";
import type { AgentLink } from "./feature.ts";

/** Why a file did not get to the other side. */
export type FileProblem =
  | FileRefusal
  /** The user called it off. */
  | "cancelled"
  /** The connection was lost. */
  | "lost"
  /** The browser could not read it: it has changed, or is no file. */
  | "unreadable";

/** A file that did not get to the other side. */
export class FileError extends Error {
  readonly problem: FileProblem;

  constructor(problem: FileProblem) {
    super(`the file was not carried over: ${problem}`);
    this.name = "FileError";
    this.problem = problem;
  }
}

/** How a transfer is followed and called off. */
export interface TransferOptions {
  signal: AbortSignal;
  /** Told of the bytes that have got to the other side. */
  onProgress: (bytes: number) => void;
}

type PutDone = Extract<ServerMessage, { type: "file-put-done" }>;
type Content = Extract<ServerMessage, { type: "file-content" }>;
type Refused = Extract<ServerMessage, { type: "file-refused" }>;

/** The agent gives its disk 10 s. */
const answerMs = 15_000;
/** Read from the disk of the browser in one go. */
const sliceBytes = 1_048_576;
/** Content that is given to the browser as a Blob, which may keep it elsewhere than in memory. */
const pieceBytes = 8_388_608;

/** See the module's description. */
export class FileTransfers {
  readonly #link: AgentLink;
  readonly #puts = new Map<number, PromiseWithResolvers<PutDone>>();
  readonly #gets = new Map<number, PromiseWithResolvers<Content>>();
  #listing: PromiseWithResolvers<FilesListingMessage> | undefined;
  readonly #ending = new AbortController();
  #last = 0;

  constructor(link: AgentLink) {
    this.#link = link;
  }

  /**
   * Puts a file into the session.
   * @returns the name that it has there. @throws FileError
   */
  async put(file: File, options: TransferOptions): Promise<string> {
    // The agent ends the connection of a page that sends one.
    if (!isName(file.name)) throw new FileError("bad-name");
    this.#last += 1;
    const put = this.#last;
    const asked = expectIn(this.#puts, put);
    const reading = { failed: false };
    const signal = this.#signal(options);
    try {
      const { transfer, done } = this.#link.bulk.send(
        contentOf(file, reading),
        { ...options, signal },
      );
      const { name, size: bytes } = file;
      this.#link.send({ type: "file-put", put, name, bytes, transfer });
      const sent = done.then(
        () => undefined,
        () => undefined,
      );
      // A refusal may come before the end of the transfer, and says more than that.
      const early = await Promise.race([asked.promise, sent]);
      if (signal.aborted) throw new FileError("cancelled");
      const answer = early ?? (await answered(asked.promise, signal));
      if (answer.reason !== undefined) throw new FileError(answer.reason);
      return answer.name ?? name;
    } catch (error) {
      throw this.#failureOf(error, options, reading.failed);
    } finally {
      this.#puts.delete(put);
    }
  }

  /**
   * Gets a file out of the session.
   * @param options.onSize told of its bytes before they come.
   * @throws FileError
   */
  async get(
    name: string,
    options: TransferOptions & { onSize: (bytes: number) => void },
  ): Promise<Blob> {
    if (!isName(name)) throw new FileError("not-found");
    this.#last += 1;
    const get = this.#last;
    const asked = expectIn(this.#gets, get);
    const signal = this.#signal(options);
    try {
      this.#link.send({ type: "file-get", get, name });
      const { bytes, transfer } = await answered(asked.promise, signal);
      options.onSize(bytes);
      const pieces = new Pieces();
      await this.#link.bulk.receive(transfer, {
        ...{ bytes, signal, onProgress: options.onProgress },
        onChunk: (chunk) => {
          pieces.add(chunk);
        },
      });
      return pieces.whole();
    } catch (error) {
      throw this.#failureOf(error, options, false);
    } finally {
      this.#gets.delete(get);
    }
  }

  /** What is in the folder. @throws FileError */
  async list(): Promise<FilesListingMessage> {
    this.#listing ??= expected();
    try {
      this.#link.send({ type: "files-list" });
      return await answered(this.#listing.promise, this.#ending.signal);
    } catch (error) {
      throw error instanceof FileError ? error : new FileError("lost");
    } finally {
      this.#listing = undefined;
    }
  }

  onListing(message: FilesListingMessage): void {
    this.#listing?.resolve(message);
  }

  onPutDone(message: PutDone): void {
    this.#puts.get(message.put)?.resolve(message);
  }

  onContent(message: Content): void {
    const asked = this.#gets.get(message.get);
    if (asked !== undefined) asked.resolve(message);
    else {
      // It was called off before its answer came.
      const { transfer } = message;
      this.#link.send({ type: "bulk-end", transfer, reason: "cancelled" });
    }
  }

  onRefused({ get, reason }: Refused): void {
    this.#gets.get(get)?.reject(new FileError(reason));
  }

  /** Ends all waits; idempotent. */
  close(): void {
    this.#ending.abort();
  }

  #signal({ signal }: TransferOptions): AbortSignal {
    return AbortSignal.any([signal, this.#ending.signal]);
  }

  #failureOf(
    error: unknown,
    { signal }: TransferOptions,
    couldNotRead: boolean,
  ): FileError {
    if (signal.aborted) return new FileError("cancelled");
    if (this.#ending.signal.aborted) return new FileError("lost");
    if (couldNotRead) return new FileError("unreadable");
    if (error instanceof FileError) return error;
    const isClosed = error instanceof BulkError && error.reason === "closed";
    return new FileError(isClosed ? "lost" : "failed");
  }
}

/** Whether a message may have it; what a file may be called is the agent's to say. */
function isName(name: unknown): boolean {
  return (
    typeof name === "string" &&
    name.length > 0 &&
    name.length <= filesLimits.nameLength
  );
}

function expected<T>(): PromiseWithResolvers<T> {
  const asked = Promise.withResolvers<T>();
  asked.promise.catch(() => undefined); // Whoever waits hears of it.
  return asked;
}

function expectIn<T>(
  waiting: Map<number, PromiseWithResolvers<T>>,
  key: number,
): PromiseWithResolvers<T> {
  const asked = expected<T>();
  waiting.set(key, asked);
  return asked;
}

/** Waits for an answer, but not for ever. */
async function answered<T>(
  answer: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => {
    reject(new FileError("failed"));
  };
  const timer = setTimeout(giveUp, answerMs);
  signal.addEventListener("abort", giveUp);
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}

/** Reads slice by slice: a stream of the browser would read ahead. */
async function* contentOf(
  file: File,
  reading: { failed: boolean },
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += sliceBytes) {
    let slice: ArrayBuffer;
    try {
      slice = await file.slice(at, at + sliceBytes).arrayBuffer();
    } catch (error) {
      reading.failed = true;
      throw error;
    }
    yield new Uint8Array(slice);
  }
}

/** Gathers content into Blobs, which browsers may keep on disk. */
class Pieces {
  readonly #whole: Blob[] = [];
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  add(chunk: Uint8Array): void {
    this.#parts.push(chunk as Uint8Array<ArrayBuffer>);
    this.#bytes += chunk.length;
    if (this.#bytes >= pieceBytes) this.#close();
  }

  whole(): Blob {
    this.#close();
    // A type that no browser shows instead of saving it.
    return new Blob(this.#whole, { type: "application/octet-stream" });
  }

  #close(): void {
    if (this.#bytes > 0) this.#whole.push(new Blob(this.#parts));
    this.#parts = [];
    this.#bytes = 0;
  }
}
