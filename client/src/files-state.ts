/**
 * What is known of files, and what is worth a word.
 */
import type { BatchOutcome, FileTransfer } from "./file-queue.ts";
import type { FileProblem } from "./file-transfers.ts";

/** A file in the session's folder. */
export interface SessionFile {
  readonly name: string;
  readonly bytes: number;
  /** Unix time, in milliseconds. */
  readonly modifiedMs: number;
}

/** What a control of the page shows. */
export interface FilesState {
  readonly mayUpload: boolean;
  readonly mayDownload: boolean;
  /** The most bytes of one file. */
  readonly maxBytes: number;
  /** In the order in which they were asked for. */
  readonly transfers: readonly FileTransfer[];
  /** What is in the folder, the latest first; `undefined`: not known. */
  readonly files: readonly SessionFile[] | undefined;
  /** Whether the folder has more than {@link files}. */
  readonly hasMore: boolean;
  /** Why the folder is not known. */
  readonly listProblem: FileProblem | undefined;
}

/** What is worth a word to the user. */
export type FilesNotice =
  | {
      kind: "ended";
      outcome: BatchOutcome;
      maxBytes: number;
      /** Folders were dropped with them. */
      leftFolders: boolean;
    }
  /** Folders were dropped, which are not taken. */
  | { kind: "folders" }
  /** More at once than are taken. */
  | { kind: "too-many-at-once"; most: number }
  /** Something was dropped where nothing may be. */
  | { kind: "not-taken" };
