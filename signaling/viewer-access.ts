/**
 * What a viewer wants to know of those who are here with it: whether there is a place for it, and whether it may act.
 */
import type {
  ClientMessage,
  CloseReason,
  ErrorName,
  Role,
  Transport,
} from "./protocol.ts";

/** A viewer whose token was right. */
export interface Arrival {
  readonly viewerId: string;
  /** What its token allows. */
  readonly role: Role;
  /** What it is to be called, not yet cleaned. */
  readonly name: string | undefined;
  /** Whether the token says so, and so nobody may change it. */
  readonly isNameProven: boolean;
  /** The secret of its last visit, as it says. */
  readonly resume: string | undefined;
  /** It may act no more: it lets go of what it holds. Must not throw. */
  onControlLost(): void;
  /** Somebody ends its visit. Must not throw. */
  end(error: ErrorName, message: string, reason: CloseReason): void;
}

/** A viewer among the others, from its arrival until it leaves. */
export interface Membership {
  /** The secret with which it may come back. */
  readonly resume: string;
  /** Whether it may act on the session now. */
  mayControl(): boolean;
  /** Where its pointer is, in pixels of the screen. Cheap. */
  pointerAt(x: number, y: number): void;
  transport(transport: Transport): void;
  /** Gives its place back; idempotent. */
  leave(reason: CloseReason): void;
}

/**
 * What a message needs: nothing, control at this moment, or a token of the controller role. `feature`: control too, but
 * its feature finds out, since the page waits for an answer of its own kind or for none.
 */
export type Right = "anyone" | "control" | "controller" | "feature";

/**
 * What each message needs. A feature may ask for more, never for less. A new kind of message does not compile
 * without a decision here.
 */
export const messageRights: Readonly<Record<ClientMessage["type"], Right>> = {
  hello: "anyone",
  answer: "anyone",
  candidate: "anyone",
  restart: "anyone",
  ping: "anyone",
  pong: "anyone",
  motion: "control",
  button: "control",
  wheel: "control",
  key: "control",
  "release-all": "control",
  "motion-relative": "control",
  path: "control",
  text: "control",
  held: "control",
  "keyboard-layout": "control",
  // Each has a bound of its own; they share encoders, so lookers have no say.
  quality: "controller",
  // A window that changes while another has control is no offence: the page scales.
  resize: "feature",
  "clipboard-put": "feature",
  "clipboard-get": "feature",
  // Asks what it may do.
  "clipboard-ask": "anyone",
  "files-list": "feature",
  "file-put": "feature",
  "file-get": "feature",
  // Asks what it may do.
  "files-ask": "anyone",
  // What a transfer is for is said, and decided, by the message that announces it.
  "bulk-ack": "anyone",
  "bulk-end": "anyone",
  // Whoever may look may look this way too.
  "media-start": "anyone",
  "media-ack": "anyone",
  "media-refresh": "anyone",
  "media-stop": "anyone",
  "control-request": "anyone",
  "control-give": "anyone",
  "control-take": "controller",
  "control-release": "anyone",
  "control-deny": "anyone",
  kick: "controller",
  rename: "anyone",
  "share-link": "controller",
  "microphone-start": "control",
  "microphone-stop": "anyone",
};

/** Why a viewer may not send a message of `type` now; `undefined` where it may. */
export function refusalOf(
  type: ClientMessage["type"],
  viewer: { role: Role; mayControl: () => boolean },
): { error: ErrorName; message: string } | undefined {
  const right = messageRights[type];
  if (right === "anyone" || right === "feature") return undefined;
  if (right === "control" && viewer.mayControl()) return undefined;
  if (right === "controller" && viewer.role === "controller") return undefined;
  return withoutControl(viewer.role);
}

/** What somebody is told who may not act now. */
export function withoutControl(role: Role): {
  error: ErrorName;
  message: string;
} {
  return role === "controller"
    ? { error: "no-control", message: "somebody else has control" }
    : { error: "not-allowed", message: "this token only lets you look" };
}
