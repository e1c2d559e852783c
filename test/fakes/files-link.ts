/**
 * The page's files and the agent's feature, connected by a wire that keeps the order, as the WebSocket does.
 */
import type { Logger } from "../../agent/base/log.ts";
import { Files } from "../../client/src/files.ts";
import type { FilesNotice } from "../../client/src/files-state.ts";
import { dispatch } from "../../client/src/feature.ts";
import {
  filesFeature,
  type FilesRules,
  type SessionFiles,
} from "../../signaling/features/files.ts";
import { BulkChannel } from "../../signaling/protocol/bulk-channel.ts";
import {
  parseClientMessage,
  parseServerMessage,
  type ClientMessage,
  type ErrorName,
  type Role,
  type ServerMessage,
} from "../../signaling/protocol.ts";
import {
  ViewerFeatures,
  type OpenFeature,
} from "../../signaling/viewer-feature.ts";
import { silentLog } from "./logs.ts";

export interface FilesLinkOptions {
  role?: Role;
  feature: OpenFeature;
  log?: Logger;
  /** Delivers nothing to the agent while it answers true. */
  isStalled?: () => boolean;
}

/** One connection of a page. */
export class FilesLink {
  readonly page: Files;
  readonly notices: FilesNotice[] = [];
  readonly saved = new Map<string, Blob>();
  readonly reports: ErrorName[] = [];
  /** What the agent has sent but frames. */
  readonly sent: ServerMessage[] = [];
  mayControl: boolean;
  readonly #options: FilesLinkOptions;
  #agent: ViewerFeatures | undefined;
  #bulk: BulkChannel | undefined;

  constructor(options: FilesLinkOptions) {
    this.#options = options;
    this.mayControl = (options.role ?? "controller") === "controller";
    this.page = new Files({
      onNotice: (notice) => {
        this.notices.push(notice);
      },
      save: (content, name) => {
        this.saved.set(name, content);
      },
    });
    this.connect();
  }

  /** Sends a message of the page's, whoever makes it. */
  say(message: ClientMessage): void {
    const agent = this.#agent;
    const parsed = parseClientMessage(JSON.stringify(message));
    if (!parsed.ok) throw new Error(parsed.error);
    setImmediate(() => {
      if (this.#options.isStalled?.() !== true)
        agent?.onMessage(parsed.message);
    });
  }

  connect(): void {
    const bulk = new BulkChannel("viewer", {
      sendFrame: (frame) => {
        const agent = this.#agent;
        setImmediate(() => {
          if (this.#options.isStalled?.() !== true) agent?.onFrame(frame);
        });
      },
      sendMessage: (message) => {
        this.say(message);
      },
    });
    this.#bulk = bulk;
    const role = this.#options.role ?? "controller";
    this.page.onOpen({
      ...{ viewerId: "viewer", role, bulk },
      send: (message) => {
        this.say(message);
      },
    });
    this.#agent = new ViewerFeatures([this.#options.feature], {
      ...{ viewerId: "viewer", role, log: this.#options.log ?? silentLog },
      mayControl: () => this.mayControl,
      send: (message) => {
        this.#deliver(bulk, message);
      },
      sendFrame: (frame) => {
        setImmediate(() => {
          if (this.#bulk === bulk) bulk.onFrame(frame);
        });
      },
      report: (error) => {
        this.reports.push(error);
      },
    });
  }

  /** Both sides lose the connection. */
  disconnect(): void {
    this.#agent?.close();
    this.#agent = undefined;
    const bulk = this.#bulk;
    this.#bulk = undefined;
    this.page.onClosed();
    bulk?.close();
  }

  #deliver(bulk: BulkChannel, message: ServerMessage): void {
    this.sent.push(message);
    const parsed = parseServerMessage(JSON.stringify(message));
    if (!parsed.ok) throw new Error(parsed.error);
    setImmediate(() => {
      if (this.#bulk !== bulk) return;
      if (
        parsed.message.type === "bulk-ack" ||
        parsed.message.type === "bulk-end"
      )
        bulk.onMessage(parsed.message);
      dispatch([this.page], parsed.message);
    });
  }
}

/** A page and the folder behind the agent. */
export function linkTo(
  files: SessionFiles,
  rules: Partial<FilesRules> = {},
  more: Omit<FilesLinkOptions, "feature"> = {},
): FilesLink {
  const feature = filesFeature(files, {
    ...{ policy: "both", maxBytes: 10_000_000 },
    ...rules,
  });
  return new FilesLink({ feature, ...more });
}
