/**
 * What the page can do beyond showing and typing, each in a room of its own: clipboard, cursor, resizing, sharing, files.
 */
import type { BulkChannel } from "../../signaling/protocol/bulk-channel.ts";
import type { LossCause } from "./connection.ts";
import type {
  ClientMessage,
  Hello,
  Role,
  ServerMessage,
} from "../../signaling/protocol.ts";

/** The agent, from its welcome until the connection is lost. */
export interface AgentLink {
  readonly viewerId: string;
  /** What the token allows. */
  readonly role: Role;
  /** Sends a message; without effect once the connection is lost. */
  send(message: ClientMessage): void;
  readonly bulk: BulkChannel;
}

/** What a feature does with messages. Must not throw. */
export type ServerMessageHandlers = {
  readonly [T in ServerMessage["type"]]?: (
    message: Extract<ServerMessage, { type: T }>,
  ) => void;
};

/** What features may add to the hello. */
export type HelloAddition = Pick<Hello, "name" | "resume">;

/** A feature; it lives as long as the page, over any number of connections. */
export interface ClientFeature {
  readonly handlers: ServerMessageHandlers;
  /** A binary message. @returns whether it was for this feature; pieces of bulk transfers are for none. */
  onFrame?(frame: Uint8Array): boolean;
  /** What it adds to the hello of each connection. */
  hello?(): HelloAddition;
  /** The agent has let the page in. */
  onOpen?(link: AgentLink): void;
  /** The connection is lost, or was ended; the link of {@link onOpen} is dead. `cause` where it is known. */
  onClosed?(cause?: LossCause): void;
}

/** Gives a message to the feature that wants it. */
export function dispatch(
  features: readonly ClientFeature[],
  message: ServerMessage,
): void {
  for (const { handlers } of features) {
    const handler = handlers[message.type] as
      ((message: ServerMessage) => void) | undefined;
    handler?.(message);
  }
}

/** What the features add to the hello. */
export function helloOf(features: readonly ClientFeature[]): HelloAddition {
  return features.reduce<HelloAddition>(
    (hello, feature) => ({ ...hello, ...feature.hello?.() }),
    {},
  );
}
