/**
 * A folder of files in memory, for what happens around it.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import type {
  FileDownload,
  FileUpload,
  SessionFiles,
} from "../../signaling/features/files.ts";

export class MemoryFiles implements SessionFiles {
  readonly stored = new Map<string, Uint8Array>();
  /** Uploads and downloads that are open. */
  open = 0;
  /** Whatever is asked for fails with it. */
  failure: StreamSpaceError | undefined;
  /** Writes fail with it. */
  writeFailure: StreamSpaceError | undefined;
  lists = 0;
  /** Settles before anything is opened. */
  delay: Promise<void> = Promise.resolve();

  async list(): ReturnType<SessionFiles["list"]> {
    this.lists += 1;
    await this.#answer();
    const files = [...this.stored].map(([name, { length }]) => ({
      ...{ name, bytes: length, modifiedMs: 0 },
    }));
    return { files, isWhole: true };
  }

  async openUpload(name: string): Promise<FileUpload> {
    await this.#answer();
    const chunks: Uint8Array[] = [];
    this.open += 1;
    let isDiscarded = false;
    return {
      write: (chunk) => {
        if (this.writeFailure !== undefined)
          return Promise.reject(this.writeFailure);
        chunks.push(chunk);
        return Promise.resolve();
      },
      finish: () => {
        const isTaken = this.stored.has(name);
        const given = isTaken ? `${name} (2)` : name;
        this.stored.set(given, Buffer.concat(chunks));
        return Promise.resolve(given);
      },
      discard: () => {
        if (!isDiscarded) this.open -= 1;
        isDiscarded = true;
        return Promise.resolve();
      },
    };
  }

  async openDownload(name: string): Promise<FileDownload> {
    await this.#answer();
    const content = this.stored.get(name);
    if (content === undefined)
      throw new StreamSpaceError("no-file", "there is none");
    this.open += 1;
    let isClosed = false;
    return {
      bytes: content.length,
      content: inPieces(content),
      close: () => {
        if (!isClosed) this.open -= 1;
        isClosed = true;
        return Promise.resolve();
      },
    };
  }

  loggedName(name: string): string | undefined {
    return /\.[a-z]+$/.exec(name)?.[0];
  }

  async #answer(): Promise<void> {
    await this.delay;
    if (this.failure !== undefined) throw this.failure;
  }
}

async function* inPieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 100_000)
    yield await Promise.resolve(content.subarray(at, at + 100_000));
}
