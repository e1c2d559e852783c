/**
 * Files: from this device into the session's folder, and back.
 */
import type {
  FilesListingMessage,
  FilesPolicy,
} from "../../signaling/protocol.ts";
import type {
  AgentLink,
  ClientFeature,
  ServerMessageHandlers,
} from "./feature.ts";
import { droppedFiles, type Dropped } from "./dropped-files.ts";
import { FileQueue, maxOpen, type BatchOutcome } from "./file-queue.ts";
import { FileError, FileTransfers } from "./file-transfers.ts";
import type { FilesNotice, FilesState } from "./files-state.ts";

/** What files want of the page. */
export interface FilesPage {
  onNotice(notice: FilesNotice): void;
  /** Saves content as the browser saves downloads. */
  save(content: Blob, name: string): void;
}

/** See the module's description. */
export class Files implements ClientFeature {
  readonly handlers: ServerMessageHandlers = {
    "files-policy": ({ policy, maxBytes }) => {
      this.#onPolicy(policy, maxBytes);
    },
    "files-listing": (message) => {
      this.#transfers?.onListing(message);
    },
    "file-put-done": (message) => {
      this.#transfers?.onPutDone(message);
    },
    "file-content": (message) => {
      this.#transfers?.onContent(message);
    },
    "file-refused": (message) => {
      this.#transfers?.onRefused(message);
    },
  };
  readonly #page: FilesPage;
  readonly #listeners = new Set<() => void>();
  readonly #queue: FileQueue;
  #link: AgentLink | undefined;
  #transfers: FileTransfers | undefined;
  /** Whether the agent has said what this page may do; it does at first by itself. */
  #isTold = false;
  /** Folders were dropped with files that are on their way. */
  #leftFolders = false;
  #state: FilesState = {
    mayUpload: false,
    mayDownload: false,
    maxBytes: 0,
    transfers: [],
    files: undefined,
    hasMore: false,
    listProblem: undefined,
  };

  constructor(page: FilesPage) {
    this.#page = page;
    this.#queue = new FileQueue(
      () => {
        this.#change({ transfers: this.#queue.transfers });
      },
      (outcome) => {
        this.#onIdle(outcome);
      },
    );
  }

  get state(): FilesState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Puts files into the session, one after the other; {@link state} tells what becomes of them. */
  upload(files: readonly File[]): void {
    if (!this.#state.mayUpload) {
      this.#page.onNotice({ kind: "not-taken" });
      return;
    }
    for (const file of files) {
      const { name, size: totalBytes } = file;
      const isTaken = this.#queue.add(
        { name, direction: "upload", totalBytes },
        async (steer) => {
          // Without sending what is refused anyway.
          if (file.size > this.#state.maxBytes)
            throw new FileError("too-large");
          steer.onName(await this.#live().put(file, steer));
        },
      );
      if (isTaken) continue;
      this.#page.onNotice({ kind: "too-many-at-once", most: maxOpen });
      return;
    }
  }

  /** Puts what was dropped into the session. Folders are not taken. */
  drop(data: Dropped): void {
    const { files, hasFolders } = droppedFiles(data);
    const { mayUpload } = this.#state;
    if (hasFolders && mayUpload && files.length === 0)
      this.#page.onNotice({ kind: "folders" });
    else {
      // It is said with what became of the files, which would take its place at once.
      this.#leftFolders ||= hasFolders && mayUpload;
      this.upload(files);
    }
  }

  /** Gets a file of the session and saves it as the browser saves downloads. */
  download(name: string): void {
    const known = this.#state.files?.find((file) => file.name === name);
    const totalBytes = known?.bytes ?? 0;
    const isTaken = this.#queue.add(
      { name, direction: "download", totalBytes },
      async (steer) => {
        this.#page.save(await this.#live().get(name, steer), name);
      },
    );
    if (!isTaken)
      this.#page.onNotice({ kind: "too-many-at-once", most: maxOpen });
  }

  /**
   * Gets the content of a file of the session.
   * @throws FileError
   */
  async read(name: string, signal?: AbortSignal): Promise<Blob> {
    return await this.#live().get(name, {
      signal: signal ?? new AbortController().signal,
      onProgress: () => undefined,
      onSize: () => undefined,
    });
  }

  /** Calls a transfer off. */
  cancel(id: string): void {
    this.#queue.cancel(id);
  }

  /** Forgets the transfers that have ended. */
  clear(): void {
    this.#queue.clear();
  }

  /** Looks into the session's folder again. */
  refresh(): void {
    void this.#list();
  }

  onOpen(link: AgentLink): void {
    this.#link = link;
    this.#transfers = new FileTransfers(link);
  }

  onClosed(): void {
    this.#queue.setOpen(false);
    this.#transfers?.close();
    this.#transfers = undefined;
    this.#link = undefined;
    this.#isTold = false;
    this.#change({ mayUpload: false, mayDownload: false, files: undefined });
  }

  /** The viewer was given control, or lost it. */
  controlChanged(): void {
    if (this.#isTold) this.#link?.send({ type: "files-ask" });
  }

  #onPolicy(policy: FilesPolicy, maxBytes: number): void {
    this.#isTold = true;
    const mayUpload = policy === "upload" || policy === "both";
    const mayDownload = policy === "download" || policy === "both";
    this.#change({ mayUpload, mayDownload, maxBytes });
    if (!mayUpload) this.#queue.refuseWaiting("upload", "not-allowed");
    if (!mayDownload) this.#queue.refuseWaiting("download", "not-allowed");
    this.#queue.setOpen(true);
    if (mayDownload) this.refresh();
    else this.#change({ files: undefined, listProblem: undefined });
  }

  #onIdle(outcome: BatchOutcome): void {
    const { maxBytes, mayDownload } = this.#state;
    const isUpload = outcome.direction === "upload";
    const leftFolders = isUpload && this.#leftFolders;
    if (isUpload) this.#leftFolders = false;
    this.#page.onNotice({ kind: "ended", outcome, maxBytes, leftFolders });
    if (isUpload && mayDownload) this.refresh();
  }

  /** Never rejects. */
  async #list(): Promise<void> {
    try {
      const listing = await this.#live().list();
      this.#change(shownListing(listing));
    } catch (error) {
      const problem = error instanceof FileError ? error.problem : "failed";
      if (problem !== "lost") this.#change({ listProblem: problem });
    }
  }

  #live(): FileTransfers {
    if (this.#transfers === undefined) throw new FileError("lost");
    return this.#transfers;
  }

  #change(changed: Partial<FilesState>): void {
    this.#state = { ...this.#state, ...changed };
    for (const listener of [...this.#listeners]) listener();
  }
}

function shownListing({
  files,
  isWhole,
  reason,
}: FilesListingMessage): Partial<FilesState> {
  return {
    files: reason === undefined ? files : undefined,
    hasMore: !isWhole,
    listProblem: reason,
  };
}
