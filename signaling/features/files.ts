/**
 * Files of one viewer: policy, bounds and transfers. What becomes of them on the disk is behind {@link SessionFiles}.
 *
 * Only a viewer with control puts files into the session or gets some out: the folder is as private as the clipboard. One
 * that loses control on the way goes no further.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { BulkError } from "../protocol/bulk-channel.ts";
import {
  filesLimits,
  type ClientMessage,
  type FileRefusal,
  type FilesListingMessage,
  type FilesPolicy,
} from "../protocol.ts";
import { withoutControl } from "../viewer-access.ts";
import type {
  OpenFeature,
  ViewerFeature,
  ViewerSide,
} from "../viewer-feature.ts";

type Put = Extract<ClientMessage, { type: "file-put" }>;
type Get = Extract<ClientMessage, { type: "file-get" }>;
type Direction = "upload" | "download";

/** A file on its way into the folder. */
export interface FileUpload {
  /** @throws StreamSpaceError `disk-full`, `unwritable`, `too-large`. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Makes the whole file appear in the folder.
   * @returns its name there. @throws StreamSpaceError as {@link write}, and `too-many`, `timeout`.
   */
  finish(): Promise<string>;
  /** Leaves nothing of it, unless it is finished; idempotent, never rejects. */
  discard(): Promise<void>;
}

/** A file on its way out of the folder. */
export interface FileDownload {
  readonly bytes: number;
  /** Exactly so many bytes, or an error. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Idempotent, never rejects. */
  close(): Promise<void>;
}

/** What is wanted of the folder. */
export interface SessionFiles {
  /** @throws StreamSpaceError `unwritable`, `timeout`. */
  list(): Promise<Pick<FilesListingMessage, "files" | "isWhole">>;
  /** @throws StreamSpaceError `bad-name`, `too-many`, `disk-full`, `unwritable`, `timeout`. */
  openUpload(name: string, bytes: number): Promise<FileUpload>;
  /** @throws StreamSpaceError `no-file`, `unwritable`, `timeout`. */
  openDownload(name: string): Promise<FileDownload>;
  /** What may be logged of a name. */
  loggedName(name: string): string | undefined;
}

/** What the settings say. */
export interface FilesRules {
  policy: FilesPolicy;
  /** Most bytes of one file. */
  maxBytes: number;
}

/** Opens the folder for each viewer of a session. */
export function filesFeature(
  files: SessionFiles,
  rules: FilesRules,
): OpenFeature {
  const places = { upload: 0, download: 0 };
  return (viewer) => new ViewerFiles(viewer, { files, rules, places });
}

class ViewerFiles implements ViewerFeature {
  readonly handlers = {
    "files-ask": (): void => {
      this.#tellPolicy();
    },
    "files-list": (): void => {
      void this.#onList();
    },
    "file-put": (message: Put): void => {
      void this.#onPut(message);
    },
    "file-get": (message: Get): void => {
      void this.#onGet(message);
    },
  };
  readonly #viewer: ViewerSide;
  readonly #files: SessionFiles;
  readonly #rules: FilesRules;
  /** Transfers under way in the whole session. */
  readonly #places: Record<Direction, number>;
  readonly #ending = new AbortController();
  #isListing = false;

  constructor(
    viewer: ViewerSide,
    parts: {
      files: SessionFiles;
      rules: FilesRules;
      places: Record<Direction, number>;
    },
  ) {
    this.#viewer = viewer;
    this.#files = parts.files;
    this.#rules = parts.rules;
    this.#places = parts.places;
    this.#tellPolicy();
  }

  close(): void {
    this.#ending.abort();
  }

  #may(direction: Direction): boolean {
    const { policy } = this.#rules;
    const isAllowed = policy === direction || policy === "both";
    return isAllowed && this.#viewer.mayControl();
  }

  #tellPolicy(): void {
    const { policy, maxBytes } = this.#rules;
    this.#viewer.send({
      type: "files-policy",
      policy: this.#viewer.mayControl() ? policy : "off",
      maxBytes,
    });
  }

  /** Never rejects. */
  async #onList(): Promise<void> {
    const refuse = (reason: FileRefusal): void => {
      this.#viewer.send({
        type: "files-listing",
        ...{ files: [], isWhole: true, reason },
      });
    };
    if (!this.#may("download")) {
      this.#reportForbidden("files-list");
      refuse("not-allowed");
      return;
    }
    if (this.#isListing) return; // Its answer is on the way, and bounds what asking again and again costs.
    this.#isListing = true;
    try {
      const listing = await this.#files.list();
      this.#assert("download");
      this.#viewer.send({ type: "files-listing", ...listing });
    } catch (error) {
      refuse(refusalOf(error));
    } finally {
      this.#isListing = false;
    }
  }

  /** Never rejects. */
  async #onPut(message: Put): Promise<void> {
    const { put, transfer } = message;
    const refusal = this.#refusalOf("upload", message.bytes);
    if (refusal !== undefined) {
      if (refusal === "not-allowed") this.#reportForbidden("file-put");
      // So that the sender does not wait for its deadline.
      this.#viewer.send({ type: "bulk-end", transfer, reason: "cancelled" });
      this.#viewer.send({ type: "file-put-done", put, reason: refusal });
      this.#note("upload", message, refusal);
      return;
    }
    await this.#underWay("upload", message, async () => {
      try {
        const name = await this.#receive(message);
        this.#viewer.send({ type: "file-put-done", put, name });
      } catch (error) {
        const reason = refusalOf(error);
        this.#viewer.send({ type: "file-put-done", put, reason });
        throw error;
      }
    });
  }

  /** @returns the name that the file got. @throws StreamSpaceError, BulkError */
  async #receive({ name, bytes, transfer }: Put): Promise<string> {
    const calling = new AbortController();
    const signal = AbortSignal.any([calling.signal, this.#ending.signal]);
    const opening = this.#files.openUpload(name, bytes);
    opening.catch(() => undefined); // It is waited for below.
    let problem: unknown;
    // Before anything is waited for: content that nobody takes is dropped.
    const receiving = this.#viewer.bulk.receive(transfer, {
      ...{ bytes, signal },
      onChunk: async (chunk) => {
        try {
          this.#assert("upload");
          await (await opening).write(chunk);
        } catch (error) {
          problem = error;
          throw error;
        }
      },
    });
    receiving.catch(() => undefined);
    try {
      const upload = await opening;
      await receiving;
      this.#assert("upload");
      return await upload.finish();
    } catch (error) {
      calling.abort();
      throw problem ?? error;
    } finally {
      await opening.then(
        (upload) => upload.discard(),
        () => undefined,
      );
    }
  }

  /** Never rejects. */
  async #onGet(message: Get): Promise<void> {
    const { get } = message;
    const refuse = (reason: FileRefusal): void => {
      this.#viewer.send({ type: "file-refused", get, reason });
    };
    const refusal = this.#refusalOf("download", 0);
    if (refusal !== undefined) {
      if (refusal === "not-allowed") this.#reportForbidden("file-get");
      refuse(refusal);
      this.#note("download", message, refusal);
      return;
    }
    const noted = { name: message.name, bytes: 0 };
    await this.#underWay("download", noted, async () => {
      try {
        noted.bytes = await this.#send(message);
      } catch (error) {
        // The receiver of a transfer that failed has heard of it.
        if (!(error instanceof BulkError)) refuse(refusalOf(error));
        throw error;
      }
    });
  }

  /** @returns the bytes that were sent. @throws StreamSpaceError, BulkError */
  async #send({ get, name }: Get): Promise<number> {
    const file = await this.#files.openDownload(name);
    try {
      const { bytes, content } = file;
      if (bytes > this.#rules.maxBytes)
        throw new StreamSpaceError("too-large", "the file is too large");
      const { signal } = this.#ending;
      const { transfer, done } = this.#viewer.bulk.send(
        this.#whileAllowed(content),
        { signal },
      );
      this.#viewer.send({ type: "file-content", ...{ get, bytes, transfer } });
      await done;
      return bytes;
    } finally {
      await file.close();
    }
  }

  async *#whileAllowed(
    content: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      this.#assert("download");
      yield piece;
    }
  }

  /** @throws StreamSpaceError `unauthorized` */
  #assert(direction: Direction): void {
    if (!this.#may(direction))
      throw new StreamSpaceError("unauthorized", "the viewer lost control");
  }

  #refusalOf(direction: Direction, bytes: number): FileRefusal | undefined {
    if (!this.#may(direction)) return "not-allowed";
    if (bytes > this.#rules.maxBytes) return "too-large";
    return this.#places[direction] < filesLimits.transfers ? undefined : "busy";
  }

  /** Counts a transfer, and notes what became of it. Never rejects. */
  async #underWay(
    direction: Direction,
    file: { name: string; bytes: number },
    work: () => Promise<void>,
  ): Promise<void> {
    this.#places[direction] += 1;
    const startedMs = performance.now();
    let outcome = "done";
    try {
      await work();
    } catch (error) {
      outcome = this.#outcomeOf(error);
    } finally {
      this.#places[direction] -= 1;
      this.#note(direction, file, outcome, performance.now() - startedMs);
    }
  }

  #outcomeOf(error: unknown): string {
    if (this.#ending.signal.aborted) return "the viewer left";
    if (error instanceof BulkError) return error.reason;
    return refusalOf(error);
  }

  /** The line for those who must know what went in and out. Names are the person's business. */
  #note(
    direction: Direction,
    { name, bytes }: { name: string; bytes?: number },
    outcome: string,
    tookMs = 0,
  ): void {
    const extension = this.#files.loggedName(name);
    const facts = { direction, bytes, outcome, tookMs: Math.round(tookMs) };
    this.#viewer.log.info(
      extension === undefined ? facts : { ...facts, extension },
      "a file transfer ended",
    );
  }

  #reportForbidden(about: "files-list" | "file-put" | "file-get"): void {
    const { error, message } = this.#viewer.mayControl()
      ? {
          error: "not-allowed" as const,
          message: "the settings of this session do not allow it",
        }
      : withoutControl(this.#viewer.role);
    this.#viewer.report(error, message, about);
  }
}

function refusalOf(error: unknown): FileRefusal {
  if (!(error instanceof StreamSpaceError)) return "failed";
  switch (error.code) {
    case "bad-name":
    case "too-large":
    case "too-many":
    case "disk-full":
      return error.code;
    case "unauthorized":
      return "not-allowed";
    case "no-file":
      return "not-found";
    case "unwritable":
    case "timeout":
      return "unavailable";
    default:
      return "failed";
  }
}
