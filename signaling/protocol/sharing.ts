/**
 * Messages about who is here and who may act: presence, control, links for lookers.
 */
import * as v from "valibot";
import { coordinate, roles } from "./fields.ts";

/** Who may type and click: everybody whose token allows it, or one of them at a time. */
export const controlModes = ["shared", "exclusive"] as const;
export type ControlMode = (typeof controlModes)[number];

/** How the session's picture gets to a viewer: by WebRTC, or not (yet), so that it has its WebSocket alone. */
export const transports = ["websocket", "webrtc"] as const;
export type Transport = (typeof transports)[number];

/**
 * By which ways it may get there; `auto`: WebRTC, the WebSocket where that does not get through, and VNC where that shows
 * nothing either.
 */
export const transportModes = ["auto", ...transports, "vnc"] as const;
export type TransportMode = (typeof transportModes)[number];

/** What became of a viewer's control, or of its wish for it. */
export const controlEvents = [
  /** It may act now. */
  "granted",
  /** Its request was turned down. */
  "denied",
  /** Nobody answered its request in time. */
  "expired",
  /** Somebody took control from it. */
  "taken",
] as const;
export type ControlEvent = (typeof controlEvents)[number];

/** Bounds of these messages. */
export const sharingLimits = {
  /** Code points of a display name as it is shown. */
  nameLength: 40,
  /** UTF-16 code units of a display name as it is sent; it is cleaned and cut by the agent. */
  sentNameLength: 160,
} as const;

const viewerId = v.pipe(v.string(), v.maxLength(64));
const displayName = v.pipe(
  v.string(),
  v.maxLength(sharingLimits.sentNameLength),
);

/** What a page may add to its hello. */
export const helloSharing = {
  /** What the others are to call it. The agent cleans it; a name that the token carries goes before it. */
  name: v.optional(displayName),
  /** The secret of an earlier welcome: the viewer takes the place it had, and its control. */
  resume: v.optional(v.pipe(v.string(), v.maxLength(64))),
};

const controlRequest = v.strictObject({ type: v.literal("control-request") });
/** Hands control to another viewer, who need not have asked. */
const controlGive = v.strictObject({
  type: v.literal("control-give"),
  viewer: viewerId,
});
const controlTake = v.strictObject({ type: v.literal("control-take") });
const controlRelease = v.strictObject({ type: v.literal("control-release") });
/** Turns a request down. */
const controlDeny = v.strictObject({
  type: v.literal("control-deny"),
  viewer: viewerId,
});
/** Ends another viewer's visit. */
const kick = v.strictObject({ type: v.literal("kick"), viewer: viewerId });
/** Another display name; an empty one takes it back. */
const rename = v.strictObject({ type: v.literal("rename"), name: displayName });
/** Asks for the token that lets others look. */
const askShareLink = v.strictObject({ type: v.literal("share-link") });

/** From a viewer. */
export const sharingRequests = [
  controlRequest,
  controlGive,
  controlTake,
  controlRelease,
  controlDeny,
  kick,
  rename,
  askShareLink,
] as const;
export type SharingRequest = v.InferOutput<(typeof sharingRequests)[number]>;

const presentViewer = v.object({
  id: v.string(),
  /** Counts arrivals; tells viewers of one name, or of none, apart. */
  number: v.number(),
  /** Cleaned by the agent; empty: none was chosen. */
  name: v.string(),
  role: v.picklist(roles),
  /** When it came, as ISO 8601. */
  since: v.string(),
  /** Whether it may act now. */
  controls: v.boolean(),
  transport: v.picklist(transports),
});
export type PresentViewer = v.InferOutput<typeof presentViewer>;

/** Everybody who is here, in the order in which they came; after each change. */
const presence = v.object({
  type: v.literal("presence"),
  viewers: v.array(presentViewer),
});

/** Who may act, and who would like to; after each change. */
const control = v.object({
  type: v.literal("control"),
  mode: v.picklist(controlModes),
  /** Viewers that may act. Exclusive: one at most. */
  holders: v.array(v.string()),
  /** Viewers that have asked, the one that waits longest first. */
  requests: v.array(v.string()),
  /** Whether the receiver may act. */
  yours: v.boolean(),
  /** Whether the receiver may ask for control. */
  mayAsk: v.boolean(),
  /** The requests that the receiver may grant and deny. */
  decides: v.array(v.string()),
  /** The holder's connection was lost: for some seconds control is kept for it, unless somebody takes it. */
  kept: v.boolean(),
});
export type ControlMessage = v.InferOutput<typeof control>;

/** Told to the one whom it concerns. */
const controlNotice = v.object({
  type: v.literal("control-notice"),
  event: v.picklist(controlEvents),
  /** The viewer who did it, where one did. */
  by: v.optional(v.string()),
});
export type ControlNotice = v.InferOutput<typeof controlNotice>;

const shareLink = v.object({
  type: v.literal("share-link"),
  token: v.string(),
});

/** Pointers that have moved since the last such message, in pixels of the remote screen. */
const pointers = v.object({
  type: v.literal("pointers"),
  viewers: v.array(v.object({ id: v.string(), x: coordinate, y: coordinate })),
});
export type PointersMessage = v.InferOutput<typeof pointers>;

/** From the agent. */
export const sharingMessages = [
  presence,
  control,
  controlNotice,
  shareLink,
  pointers,
] as const;
