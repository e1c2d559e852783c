/**
 * The wire protocol between a browser and the agent: the one description both sides are built from.
 *
 * Imported by the server and by `client/`, so it depends on nothing but the schema library. Messages of one
 * concern have a room of their own in `protocol/`.
 * PROTOCOL.md describes the same in prose.
 */
import * as v from "valibot";
import { bulkMessages } from "./protocol/bulk.ts";
import { cursorServerMessages } from "./protocol/cursor.ts";
import {
  clipboardClientMessages,
  clipboardServerMessages,
} from "./protocol/clipboard.ts";
import { endingMessages } from "./protocol/ending.ts";
import { roles, sequence, videoCodecs } from "./protocol/fields.ts";
import { filesClientMessages, filesServerMessages } from "./protocol/files.ts";
import { healthSnapshot } from "./protocol/health.ts";
import {
  inputMessage,
  inputMessages,
  type InputMessage,
} from "./protocol/input.ts";
import {
  helloSharing,
  sharingMessages,
  sharingRequests,
  transportModes,
} from "./protocol/sharing.ts";
import {
  resizeClientMessages,
  resizeServerMessages,
} from "./protocol/resize.ts";
import {
  microphoneMessages,
  microphoneRequests,
} from "./protocol/microphone.ts";
import { qualityMessages } from "./protocol/quality.ts";
import {
  socketMediaMessages,
  socketMediaRequests,
} from "./protocol/socket-media.ts";
import { keyboardLayoutMessage } from "./protocol/keyboard-layout.ts";

export * from "./protocol/clipboard.ts";
export {
  roles,
  videoCodecs,
  type Role,
  type VideoCodec,
} from "./protocol/fields.ts";
export * from "./protocol/files.ts";
export * from "./protocol/health.ts";
export {
  inputLimits,
  inputMessage,
  type InputMessage,
  type KeyLocks,
} from "./protocol/input.ts";
export { layoutName } from "./protocol/keyboard-layout.ts";
export * from "./protocol/sharing.ts";

/** Raised when a message changes in a way an older peer would misread. */
export const protocolVersion = 1;

/** Subprotocol name offered and chosen at the WebSocket upgrade. */
export const subprotocol = "streamspace.v1";

/** Bounds that both sides keep to. */
export const limits = {
  /** Largest message, in bytes of UTF-8; an SDP with all of Chromium's codecs has about 10 kB. */
  messageBytes: 65_536,
  /** Largest message before the viewer has proven its token. */
  helloBytes: 4_096,
  /** Largest message on a data channel. */
  inputBytes: 4_096,
  /** The viewer must say hello within this time. */
  helloTimeoutMs: 5_000,
  /** Either side sends a ping this often… */
  pingIntervalMs: 5_000,
  /** …and gives up on a silent peer after this. */
  pingTimeoutMs: 15_000,
  /** Messages a viewer may send in one second, over all channels. */
  messagesPerSecond: 4_000,
} as const;

/** Labels of the data channels that the agent opens. */
export const channelLabels = {
  /** Unordered, no retransmission: pointer motion only. */
  motion: "motion",
  /** Ordered and reliable: keys, buttons, wheel. */
  input: "input",
} as const;

/**
 * Why the agent closes a WebSocket. 4000–4999 are for applications (RFC 6455, section 7.4.2).
 *
 * `retry` says whether a client should come back by itself.
 */
export const closeCodes = {
  normal: { code: 1000, retry: false },
  /** The agent is ending; a new one may take its place. */
  goingAway: { code: 1001, retry: true },
  /** A message was larger than {@link limits}. */
  tooLarge: { code: 1009, retry: false },
  internal: { code: 1011, retry: true },
  /** A message was not valid JSON or does not fit the schema, repeatedly or before hello. */
  badMessage: { code: 4400, retry: false },
  /** The token is missing or wrong. */
  unauthorized: { code: 4401, retry: false },
  /** A viewer with the controller role ended this one's visit. */
  kicked: { code: 4403, retry: false },
  /** The same page has come back by another connection, and has this one's place. */
  replaced: { code: 4410, retry: false },
  /** A message came at a time when it makes no sense. */
  outOfOrder: { code: 4409, retry: false },
  /** The protocol versions do not fit. */
  version: { code: 4426, retry: false },
  /** Too many messages. */
  tooMany: { code: 4429, retry: true },
  /** As many viewers as the settings allow are here already. */
  full: { code: 4503, retry: true },
  /** No hello, or no answer to pings, in time. */
  timeout: { code: 4408, retry: true },
} as const;
export type CloseReason = keyof typeof closeCodes;

/** Errors that the agent reports in an `error` message. The session goes on unless a close follows. */
export const errorNames = [
  "bad-message",
  "too-large",
  "out-of-order",
  "unauthorized",
  "version",
  "too-many",
  "full",
  "timeout",
  "negotiation-failed",
  "input-unavailable",
  "not-allowed",
  "no-control",
  "kicked",
  "replaced",
  "internal",
] as const;
export type ErrorName = (typeof errorNames)[number];

/** First message of a viewer: version, credential, what it can decode. */
const helloMessage = v.strictObject({
  type: v.literal("hello"),
  version: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(0),
    v.maxValue(1_000_000),
  ),
  token: v.pipe(v.string(), v.maxLength(1_024)),
  /** In the order of the viewer's preference. Empty: the viewer cannot show video over WebRTC. */
  videoCodecs: v.pipe(
    v.array(v.picklist(videoCodecs)),
    v.maxLength(videoCodecs.length),
  ),
  ...helloSharing,
});
export type Hello = v.InferOutput<typeof helloMessage>;

const answerMessage = v.strictObject({
  type: v.literal("answer"),
  /** Matches the offer it answers; an answer to an older offer is ignored. */
  negotiation: sequence,
  sdp: v.pipe(v.string(), v.maxLength(48_000)),
});

const candidateFields = {
  negotiation: sequence,
  /** `null`: no more candidates will follow (RFC 8838, end-of-candidates). */
  candidate: v.nullable(
    v.strictObject({
      candidate: v.pipe(v.string(), v.maxLength(1_024)),
      sdpMid: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(64)))),
      sdpMLineIndex: v.optional(
        v.nullable(
          v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(64)),
        ),
      ),
      usernameFragment: v.optional(
        v.nullable(v.pipe(v.string(), v.maxLength(256))),
      ),
    }),
  ),
};
const candidateMessage = v.strictObject({
  type: v.literal("candidate"),
  ...candidateFields,
});

/** Asks for a new offer: after the connection failed, or the decoder got stuck. */
const restartMessage = v.strictObject({
  type: v.literal("restart"),
});

const pingMessage = v.strictObject({ type: v.literal("ping"), id: sequence });
const pongMessage = v.strictObject({ type: v.literal("pong"), id: sequence });

/** Everything a viewer may send over the WebSocket. */
export const clientMessage = v.variant("type", [
  helloMessage,
  answerMessage,
  candidateMessage,
  restartMessage,
  pingMessage,
  pongMessage,
  ...inputMessages,
  keyboardLayoutMessage,
  ...bulkMessages,
  ...resizeClientMessages,
  ...qualityMessages,
  ...clipboardClientMessages,
  ...filesClientMessages,
  ...sharingRequests,
  ...microphoneRequests,
  ...socketMediaRequests,
]);
export type ClientMessage = v.InferOutput<typeof clientMessage>;

const iceServer = v.object({
  urls: v.union([v.string(), v.array(v.string())]),
  username: v.optional(v.string()),
  credential: v.optional(v.string()),
});
export type IceServer = v.InferOutput<typeof iceServer>;

/** Everything the agent sends. Not strict: a newer agent may add fields that an older page ignores. */
export const serverMessage = v.variant("type", [
  v.object({
    type: v.literal("welcome"),
    version: v.number(),
    viewerId: v.string(),
    role: v.picklist(roles),
    /** Goes into the hello of the page's next connection, which then takes this one's place. */
    resume: v.optional(v.string()),
    agentVersion: v.string(),
    screen: v.object({ width: v.number(), height: v.number() }),
    iceServers: v.array(iceServer),
    iceTransportPolicy: v.picklist(["all", "relay"]),
    /** By which way the picture is to come, where the settings insist on one. */
    transport: v.optional(v.picklist(transportModes)),
  }),
  v.object({
    type: v.literal("offer"),
    negotiation: v.number(),
    sdp: v.string(),
    video: v.nullable(
      v.object({ codec: v.picklist(videoCodecs), encoder: v.string() }),
    ),
    audio: v.boolean(),
  }),
  v.object({ type: v.literal("candidate"), ...candidateFields }),
  v.object({
    type: v.literal("screen"),
    width: v.number(),
    height: v.number(),
  }),
  v.object({ type: v.literal("health"), health: healthSnapshot }),
  v.object({
    type: v.literal("error"),
    error: v.picklist(errorNames),
    message: v.string(),
    /** `type` of the message that caused it, where one did. */
    about: v.optional(v.string()),
  }),
  pingMessage,
  pongMessage,
  keyboardLayoutMessage,
  ...bulkMessages,
  ...cursorServerMessages,
  ...resizeServerMessages,
  ...clipboardServerMessages,
  ...filesServerMessages,
  ...sharingMessages,
  ...microphoneMessages,
  ...socketMediaMessages,
  ...endingMessages,
]);
export type ServerMessage = v.InferOutput<typeof serverMessage>;

/** The outcome of reading one message. `error` is meant for the peer and repeats nothing it sent. */
export type Parsed<T> = { ok: true; message: T } | { ok: false; error: string };

/** Reads a message of a viewer from the WebSocket. */
export function parseClientMessage(text: string): Parsed<ClientMessage> {
  return parse(clientMessage, text);
}

/** Reads a message from a data channel. */
export function parseInputMessage(text: string): Parsed<InputMessage> {
  return parse(inputMessage, text);
}

/** Reads a message of the agent. */
export function parseServerMessage(text: string): Parsed<ServerMessage> {
  return parse(serverMessage, text);
}

/** What is wrong with a message before it is sent, as its receiver would say it; `undefined`: nothing. */
export function clientMessageProblem(
  message: ClientMessage,
): string | undefined {
  const result = v.safeParse(clientMessage, message, { abortEarly: true });
  return result.success ? undefined : problemOf(result.issues[0]);
}

function parse<const TSchema extends v.GenericSchema>(
  schema: TSchema,
  text: string,
): Parsed<v.InferOutput<TSchema>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the input, which may be a token or typed text.
    return { ok: false, error: "the message is not valid JSON" };
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return { ok: true, message: result.output };
  return { ok: false, error: problemOf(result.issues[0]) };
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path === null
    ? "the message is not an object with a known type"
    : `the field "${path.slice(0, 64)}" is not as the protocol describes it (expected ${(issue.expected ?? "something else").slice(0, 200)})`;
}
