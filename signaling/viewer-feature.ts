/**
 * What a viewer can do beyond looking and typing, each in a room of its own: clipboard, cursor, resizing, sharing, files.
 *
 * A feature is opened for each viewer once it is let in, gets the messages whose types it names, and is closed with it.
 */
import type { Logger } from "../agent/base/log.ts";
import { BulkChannel } from "./protocol/bulk-channel.ts";
import type { BulkMessage } from "./protocol/bulk.ts";
import type {
  ClientMessage,
  ErrorName,
  Role,
  ServerMessage,
} from "./protocol.ts";

/** What a feature sees of the viewer that it serves. */
export interface ViewerSide {
  readonly viewerId: string;
  /** What its token allows. */
  readonly role: Role;
  /** Whether it may act on the session now; a feature asks each time. */
  mayControl(): boolean;
  /** Sends a message; without effect after the viewer has left. */
  send(message: ServerMessage): void;
  /** Answers a message that asks for what cannot be, or may not be. */
  report(error: ErrorName, message: string, about: ClientMessage["type"]): void;
  /** Sends a binary message that is no piece of a bulk transfer, and says so in its first bytes. */
  sendFrame(frame: Uint8Array): void;
  readonly bulk: BulkChannel;
  readonly log: Logger;
}

/** What a feature does with messages. Must not throw; what takes time it does by itself. */
export type MessageHandlers = {
  readonly [T in ClientMessage["type"]]?: (
    message: Extract<ClientMessage, { type: T }>,
  ) => void;
};

/** A feature, as open for one viewer. */
export interface ViewerFeature {
  readonly handlers: MessageHandlers;
  /**
   * Takes what the viewer says: RTP with a plain 12-byte header and one packet of Opus. A viewer without a feature that
   * takes it is offered no way to send it. Called on the packet path; must not throw.
   */
  takeSpeech?(packet: Buffer): void;
  /** The viewer may act no more; it may again some time. Must not throw. */
  controlLost?(): void;
  /** The viewer has left; idempotent. */
  close(): void;
}

/** Opens a feature for a viewer that was let in; it may send at once. */
export type OpenFeature = (viewer: ViewerSide) => ViewerFeature;

/** The features of one viewer, and its bulk transfers. */
export class ViewerFeatures {
  readonly #bulk: BulkChannel;
  readonly #features: readonly ViewerFeature[];

  constructor(
    features: readonly OpenFeature[],
    options: Omit<ViewerSide, "bulk">,
  ) {
    this.#bulk = new BulkChannel("agent", {
      sendFrame: (frame) => {
        options.sendFrame(frame);
      },
      sendMessage: (message: BulkMessage) => {
        options.send(message);
      },
    });
    const viewer: ViewerSide = { ...options, bulk: this.#bulk };
    this.#features = features.map((open) => open(viewer));
  }

  /** @returns whether a feature has taken the message. */
  onMessage(message: ClientMessage): boolean {
    if (message.type === "bulk-ack" || message.type === "bulk-end") {
      this.#bulk.onMessage(message);
      return true;
    }
    for (const { handlers } of this.#features) {
      const handler = handlers[message.type] as
        ((message: ClientMessage) => void) | undefined;
      if (handler === undefined) continue;
      handler(message);
      return true;
    }
    return false;
  }

  /** Takes what the viewer says; `undefined` where no feature does. */
  get takeSpeech(): ((packet: Buffer) => void) | undefined {
    const feature = this.#features.find((each) => "takeSpeech" in each);
    return (
      feature &&
      ((packet) => {
        feature.takeSpeech?.(packet);
      })
    );
  }

  /** The viewer may act no more. */
  controlLost(): void {
    for (const feature of this.#features) feature.controlLost?.();
  }

  /** A binary message: a piece of a bulk transfer. @returns whether it is one. */
  onFrame(frame: Uint8Array): boolean {
    return this.#bulk.onFrame(frame);
  }

  close(): void {
    for (const feature of this.#features) feature.close();
    this.#bulk.close();
  }
}
