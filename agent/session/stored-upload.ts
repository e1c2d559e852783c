/**
 * One upload on the disk: written under a hidden name, and given its own when it is whole.
 */
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { StreamSpaceError, systemCodeOf } from "../base/errors.ts";
import type { FileUpload } from "../../signaling/features/files.ts";
import { diskError, onDisk } from "./disk-errors.ts";
import { numberedName } from "./file-names.ts";
import type { OpenFolder } from "./open-folder.ts";

type PartHandle = Pick<FileHandle, "write" | "close">;

/** Names that are tried for a file whose own is taken. */
const maxCopies = 1_000;
const partPattern = /^\.streamspace-[0-9a-f-]{36}\.part$/;

/** Whether a file of this name is an upload that is not whole. */
export function isPart(name: string): boolean {
  return partPattern.test(name);
}

/** See the module's description. */
export class StoredUpload implements FileUpload {
  readonly partName: string;
  readonly #name: string;
  readonly #bytes: number;
  readonly #folder: UploadOptions["folder"];
  readonly #handle: PartHandle;
  readonly #onEnd: () => void;
  #writtenBytes = 0;
  #isFinished = false;
  #discarded: Promise<void> | undefined;

  private constructor(
    options: UploadOptions,
    part: { name: string; handle: PartHandle },
  ) {
    this.#name = options.name;
    this.#bytes = options.bytes;
    this.#folder = options.folder;
    this.#onEnd = options.onEnd;
    this.partName = part.name;
    this.#handle = part.handle;
  }

  /** Begins an upload, which closes the folder in its end. @throws an error of the system. */
  static async begin(options: UploadOptions): Promise<StoredUpload> {
    const name = `.streamspace-${randomUUID()}.part`;
    const openPart = options.open ?? open;
    const handle = await openPart(options.folder.pathOf(name), "wx");
    return new StoredUpload(options, { name, handle });
  }

  /** Bytes that the disk must still have room for. */
  get missingBytes(): number {
    return this.#bytes - this.#writtenBytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < chunk.length;) {
        const { bytesWritten } = await this.#handle.write(chunk, at);
        at += bytesWritten;
        this.#writtenBytes += bytesWritten;
      }
    } catch (error) {
      throw diskError(error);
    }
  }

  async finish(): Promise<string> {
    if (this.missingBytes !== 0)
      throw new StreamSpaceError("internal", "the upload is not whole");
    return await onDisk(this.#publish());
  }

  async discard(): Promise<void> {
    await (this.#discarded ??= this.#remove());
  }

  async #publish(): Promise<string> {
    await this.#handle.close(); // Some file systems tell here that the disk is full.
    for (let copy = 1; copy <= maxCopies; copy += 1) {
      const name = numberedName(this.#name, copy);
      if (!(await this.#reserve(name))) continue;
      try {
        await rename(
          this.#folder.pathOf(this.partName),
          this.#folder.pathOf(name),
        );
      } catch (error) {
        await rm(this.#folder.pathOf(name), { force: true });
        throw error;
      }
      this.#isFinished = true;
      return name;
    }
    throw new StreamSpaceError("too-many", "there are too many of this name");
  }

  /** Makes an empty file, so that nobody else gets the name and nobody's file is replaced. @returns whether the name was free. */
  async #reserve(name: string): Promise<boolean> {
    try {
      await (await open(this.#folder.pathOf(name), "wx")).close();
      return true;
    } catch (error) {
      if (systemCodeOf(error) === "EEXIST") return false;
      throw error;
    }
  }

  /** Never rejects: what cannot be removed now is swept away later. Every step is taken, whatever becomes of the others. */
  async #remove(): Promise<void> {
    const steps = new AsyncDisposableStack(); // The last one first.
    steps.defer(() => this.#folder.close());
    steps.defer(() => this.#dropPart());
    steps.defer(() => this.#handle.close());
    try {
      await steps.disposeAsync();
    } catch {
      // The disk fails; it has said so to whoever wrote.
    } finally {
      this.#onEnd();
    }
  }

  async #dropPart(): Promise<void> {
    if (this.#isFinished) return;
    await rm(this.#folder.pathOf(this.partName), { force: true });
  }
}

/** What {@link StoredUpload.begin} is given. */
export interface UploadOptions {
  folder: Pick<OpenFolder, "pathOf" | "close">;
  /** The name it is to have. */
  name: string;
  bytes: number;
  /** Called once, when nothing more happens on the disk. */
  onEnd: () => void;
  /** Opens the part; replaced in tests. */
  open?: (path: string, flags: "wx") => Promise<PartHandle>;
}
