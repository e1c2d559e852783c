/**
 * A folder that is held open, so that all that is done in it happens in this very folder, whatever its path leads to
 * meanwhile. Node has no `openat`; the names below `/proc/self/fd/…` (proc(5)) do the same.
 */
import { constants } from "node:fs";
import {
  lstat,
  open,
  opendir,
  readlink,
  statfs,
  type FileHandle,
} from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory } from "../base/make-directory.ts";
import { StreamSpaceError } from "../base/errors.ts";
import { isSharedName } from "./file-names.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** A file as a listing has it. */
export interface ListedFile {
  readonly name: string;
  readonly bytes: number;
  /** Unix time, in milliseconds. */
  readonly modifiedMs: number;
}

/** Files that are looked at in a listing; a folder with more is not searched for its latest. */
const maxExamined = 20_000;
/** Questions to the disk at a time: Node has four threads for it, and others use them too. */
const parallel = 8;

/** See the module's description. Closed with `await using`. */
export class OpenFolder implements AsyncDisposable {
  /** Where it is, without links. */
  readonly realPath: string;
  readonly #handle: FileHandle;
  #closed: Promise<void> | undefined;

  private constructor(handle: FileHandle, realPath: string) {
    this.#handle = handle;
    this.realPath = realPath;
  }

  /**
   * Opens the folder, which is made where it is missing.
   * @throws StreamSpaceError `unwritable`, or an error of the system.
   */
  static async open(path: string): Promise<OpenFolder> {
    makeDirectory(path);
    const handle = await open(path, O_RDONLY | O_DIRECTORY);
    try {
      // Of what was opened, and not of what the path leads to a moment later.
      const realPath = await readlink(`/proc/self/fd/${handle.fd}`);
      return new OpenFolder(handle, realPath);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The path of an entry in this very folder. */
  pathOf(name: string): string {
    return join(`/proc/self/fd/${this.#handle.fd}`, name);
  }

  /** Bytes that this user may still write. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.pathOf("."));
    return bavail * bsize;
  }

  /** Counts entries that are seen in a file manager, up to `most`. */
  async countUpTo(most: number): Promise<number> {
    let count = 0;
    for await (const { name } of await opendir(this.pathOf("."))) {
      if (name.startsWith(".")) continue;
      count += 1;
      if (count >= most) break;
    }
    return count;
  }

  /** Names of hidden regular files. */
  async hiddenFiles(): Promise<string[]> {
    const names: string[] = [];
    for await (const entry of await opendir(this.pathOf(".")))
      if (entry.name.startsWith(".") && entry.isFile()) names.push(entry.name);
    return names;
  }

  /** Regular files, the latest first. */
  async list(most: number): Promise<{ files: ListedFile[]; isWhole: boolean }> {
    const names: string[] = [];
    let examined = 0;
    for await (const entry of await opendir(this.pathOf("."))) {
      examined += 1;
      if (examined > maxExamined) break;
      if (entry.isFile() && isSharedName(entry.name)) names.push(entry.name);
    }
    const files: ListedFile[] = [];
    for (let at = 0; at < names.length; at += parallel) {
      const some = names.slice(at, at + parallel);
      const listed = await Promise.all(some.map((name) => this.#facts(name)));
      files.push(...listed.filter((file) => file !== undefined));
    }
    files.sort((one, other) => other.modifiedMs - one.modifiedMs);
    return {
      files: files.slice(0, most),
      isWhole: examined <= maxExamined && files.length <= most,
    };
  }

  /**
   * Opens a regular file, and nothing that a link leads to.
   * @throws StreamSpaceError `no-file`, or an error of the system.
   */
  async openFile(name: string): Promise<{ handle: FileHandle; bytes: number }> {
    const path = this.pathOf(name);
    // Before it is opened: to open a device can be to do something with it.
    assertRegular(await lstat(path));
    // Without waiting: somebody may have put a pipe in its place since.
    const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = await handle.stat();
      assertRegular(stats);
      return { handle, bytes: stats.size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await (this.#closed ??= this.#handle.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #facts(name: string): Promise<ListedFile | undefined> {
    try {
      const { size, mtimeMs } = await lstat(this.pathOf(name));
      return { name, bytes: size, modifiedMs: Math.round(mtimeMs) };
    } catch {
      return undefined; // It is gone.
    }
  }
}

function assertRegular(stats: { isFile(): boolean }): void {
  if (!stats.isFile())
    throw new StreamSpaceError("no-file", "this is no regular file");
}
