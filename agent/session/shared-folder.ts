/**
 * The folder whose files are exchanged with viewers.
 */
import { lstat, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { once, type Closable } from "../base/shutdown.ts";
import type {
  FileDownload,
  FileUpload,
  SessionFiles,
} from "../../signaling/features/files.ts";
import { diskError, onDisk } from "./disk-errors.ts";
import { isSharedName, loggedExtension, uploadName } from "./file-names.ts";
import { OpenFolder, type ListedFile } from "./open-folder.ts";
import { isPart, StoredUpload } from "./stored-upload.ts";

export interface SharedFolderOptions {
  /** Where it is; made where it is missing. */
  path: string;
  /** The most entries that it may have for another upload. */
  maxCount: number;
  /** Bytes that uploads leave free on its disk. */
  minFreeBytes: number;
  /** Files of a listing. */
  maxListed: number;
  log: Logger;
}

/**
 * An upload writes, or ends within 15 s (`bulkLimits.idleTimeoutMs`). What was not written for so long belongs to an agent
 * that was killed, on this machine or on another with the same disk.
 */
const staleMs = 60_000;
const readBytes = 262_144;

/** See the module's description. */
export class SharedFolder implements SessionFiles, Closable {
  readonly close = once(() => this.#end());
  readonly #options: SharedFolderOptions;
  /** Where the path led at first. A link that is put in its place later leads nowhere. */
  #realPath: string | undefined;
  readonly #uploads = new Set<StoredUpload>();
  /** Uploads that have room and a place, and no file yet. */
  readonly #beginning = new Set<{ bytes: number }>();
  #sweepTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: SharedFolderOptions) {
    this.#options = options;
  }

  /** Makes the folder, and removes what a killed agent left in it. Never rejects. */
  async start(): Promise<void> {
    try {
      await this.#sweep();
    } catch (error) {
      this.#options.log.warn(
        { reason: messageOf(error) },
        "the folder for files cannot be used now",
      );
    }
    if (this.#isClosed) return;
    // What is too young now is old enough then.
    this.#sweepTimer = setTimeout(() => {
      this.#sweep().catch((error: unknown) => {
        this.#options.log.debug({ err: error }, "the sweep failed");
      });
    }, staleMs);
  }

  async list(): Promise<{ files: ListedFile[]; isWhole: boolean }> {
    return await onDisk(
      this.#within((folder) => folder.list(this.#options.maxListed)),
    );
  }

  async openUpload(given: string, bytes: number): Promise<FileUpload> {
    const name = uploadName(given);
    if (name === undefined)
      throw new StreamSpaceError("bad-name", "a file may not be called that");
    return await onDisk(this.#begin(name, bytes), (late) => late.discard());
  }

  async openDownload(name: string): Promise<FileDownload> {
    if (!isSharedName(name))
      throw new StreamSpaceError("no-file", "no file that is given has it");
    const opening = this.#within((folder) => folder.openFile(name));
    const file = await onDisk(opening, ({ handle }) => handle.close());
    return downloadOf(file);
  }

  loggedName(name: string): string | undefined {
    return loggedExtension(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #begin(name: string, bytes: number): Promise<StoredUpload> {
    const beginning = { bytes };
    this.#beginning.add(beginning);
    let folder: OpenFolder | undefined;
    try {
      folder = await this.#open();
      await this.#assertRoom(folder);
      const upload = await StoredUpload.begin({
        ...{ folder, name, bytes },
        onEnd: () => {
          this.#uploads.delete(upload);
        },
      });
      this.#uploads.add(upload);
      return upload;
    } catch (error) {
      await folder?.close();
      throw error;
    } finally {
      this.#beginning.delete(beginning);
    }
  }

  /** For all uploads that are promised, the one that is beginning among them. */
  async #assertRoom(folder: OpenFolder): Promise<void> {
    const { maxCount, minFreeBytes } = this.#options;
    const freeBytes = await folder.freeBytes();
    const count = await folder.countUpTo(maxCount);
    // Counted after the waits, so that two that begin at once see each other.
    const promised = this.#uploads.size + this.#beginning.size;
    if (count + promised > maxCount)
      throw new StreamSpaceError("too-many", "the folder has enough files");
    const uploads = [...this.#uploads].map((each) => each.missingBytes);
    const beginning = [...this.#beginning].map((each) => each.bytes);
    const wantedBytes = [...uploads, ...beginning].reduce(
      (sum, each) => sum + each,
      0,
    );
    if (freeBytes - wantedBytes < minFreeBytes)
      throw new StreamSpaceError("disk-full", "the disk has no room for it");
  }

  async #within<T>(work: (folder: OpenFolder) => Promise<T>): Promise<T> {
    await using folder = await this.#open();
    return await work(folder);
  }

  async #open(): Promise<OpenFolder> {
    if (this.#isClosed)
      throw new StreamSpaceError("closed", "the session is ending");
    const folder = await OpenFolder.open(this.#options.path).catch(
      (error: unknown) => {
        throw folderError(this.#options.path, error);
      },
    );
    this.#realPath ??= folder.realPath;
    if (folder.realPath === this.#realPath) return folder;
    await folder.close();
    throw new StreamSpaceError(
      "unwritable",
      "the folder's path leads elsewhere than when the session began",
    );
  }

  async #sweep(): Promise<void> {
    await onDisk(
      this.#within(async (folder) => {
        const own = new Set([...this.#uploads].map((each) => each.partName));
        for (const name of await folder.hiddenFiles()) {
          if (!isPart(name) || own.has(name)) continue;
          const { mtimeMs } = await lstat(folder.pathOf(name));
          if (Date.now() - mtimeMs < staleMs) continue;
          await rm(folder.pathOf(name), { force: true });
        }
      }),
    );
  }

  async #end(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#sweepTimer);
    await Promise.all([...this.#uploads].map((upload) => upload.discard()));
  }
}

function folderError(path: string, error: unknown): StreamSpaceError {
  const cause = error instanceof StreamSpaceError ? error.cause : error;
  return new StreamSpaceError(
    "unwritable",
    `the folder ${path} for files cannot be used: ${messageOf(cause)}`,
    {
      cause,
      mend: "Choose another with --files-dir or STREAMSPACE_FILES_DIR.",
    },
  );
}

function downloadOf(file: { handle: FileHandle; bytes: number }): FileDownload {
  const { handle, bytes } = file;
  const close = once(() => handle.close().catch(() => undefined));
  return { bytes, content: contentOf(handle, bytes), close };
}

/** What a file that is written to meanwhile has more is left out; one that is cut short is an error. */
async function* contentOf(
  handle: FileHandle,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes;) {
    // One for each piece: the one before may not have been sent.
    const piece = Buffer.allocUnsafe(Math.min(readBytes, bytes - at));
    const { bytesRead } = await onDisk(
      handle.read(piece, 0, piece.length, at),
    ).catch((error: unknown) => {
      throw diskError(error);
    });
    if (bytesRead === 0)
      throw new StreamSpaceError("no-file", "the file was cut short");
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
