/**
 * The wire protocol between a browser and the agent: the one description both sides are built from.
 *
 * Imported by the server and by `client/`, so it depends on nothing but the schema library.
 * PROTOCOL.md describes the same in prose.
 */
import * as v from "valibot";

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
  inputBytes: 1_024,
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
  "internal",
] as const;
export type ErrorName = (typeof errorNames)[number];

export const videoCodecs = ["h264", "vp8", "vp9", "av1", "h265"] as const;
/** A video codec that the agent can send. */
export type VideoCodec = (typeof videoCodecs)[number];

const sequence = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(2 ** 53 - 1),
);
// Coordinates are pixels of the remote screen; the bound is that of X11 (INT16).
const coordinate = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(-32_768),
  v.maxValue(32_767),
);
// X11 protocol, appendix A: keysyms are 29 bits wide; 0 is NoSymbol.
const keysym = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.maxValue(0x1fff_ffff),
);

/**
 * Pointer motion. `seq` counts up over all input messages of a viewer, so that a motion that was
 * overtaken by a newer one, or by a button, is dropped.
 */
const motionMessage = v.strictObject({
  type: v.literal("motion"),
  seq: sequence,
  x: coordinate,
  y: coordinate,
});

/** A pointer button, numbered as in X11: 1 left, 2 middle, 3 right, 8 back, 9 forward. */
const buttonMessage = v.strictObject({
  type: v.literal("button"),
  seq: sequence,
  button: v.picklist([1, 2, 3, 8, 9]),
  pressed: v.boolean(),
  x: coordinate,
  y: coordinate,
});

/** Wheel notches; positive `dy` scrolls down, positive `dx` right. */
const wheelMessage = v.strictObject({
  type: v.literal("wheel"),
  seq: sequence,
  dx: v.pipe(v.number(), v.integer(), v.minValue(-20), v.maxValue(20)),
  dy: v.pipe(v.number(), v.integer(), v.minValue(-20), v.maxValue(20)),
  x: coordinate,
  y: coordinate,
});

/**
 * A key. `keysym` is the X11 keysym of what the key means in the viewer's layout; `code` is the
 * physical key (`KeyboardEvent.code`) and tells two keys with one meaning apart.
 */
const keyMessage = v.strictObject({
  type: v.literal("key"),
  seq: sequence,
  keysym,
  code: v.pipe(v.string(), v.maxLength(32)),
  pressed: v.boolean(),
});

/** The viewer lost focus or cannot know what is held: release everything it holds. */
const releaseAllMessage = v.strictObject({
  type: v.literal("release-all"),
  seq: sequence,
});

/** Input; travels on the data channels, and on the WebSocket where they are not open. */
export const inputMessage = v.variant("type", [
  motionMessage,
  buttonMessage,
  wheelMessage,
  keyMessage,
  releaseAllMessage,
]);
export type InputMessage = v.InferOutput<typeof inputMessage>;

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
});

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
  motionMessage,
  buttonMessage,
  wheelMessage,
  keyMessage,
  releaseAllMessage,
]);
export type ClientMessage = v.InferOutput<typeof clientMessage>;

export const healthStatuses = ["ready", "degraded", "not-ready"] as const;
export const componentStates = [
  "stopped",
  "waiting",
  "starting",
  "running",
  "standby",
  "backing-off",
  "stopping",
] as const;

/** One part of the session in the health snapshot. */
const componentHealth = v.object({
  name: v.string(),
  state: v.picklist(componentStates),
  /** ISO 8601, UTC: since when it is in this state. */
  since: v.string(),
  /** Times it was started again after a failure. */
  restarts: v.number(),
  /** Why it is in this state, where that needs saying. */
  reason: v.optional(v.string()),
  /** The last failure, kept after recovery. */
  lastError: v.optional(v.string()),
  /** Whether a new viewer sees no desktop without it. */
  required: v.boolean(),
});
export type ComponentHealth = v.InferOutput<typeof componentHealth>;

/** What the agent knows of an encoder; `failed`: it was proven, and failed again and again in this session. */
export const encoderStates = [
  "untested",
  "proving",
  "proven",
  "refused",
  "failed",
] as const;

const encoderHealth = v.object({
  /** GStreamer element, e.g. `x264enc`. */
  element: v.string(),
  codec: v.picklist(videoCodecs),
  /** What it works with: `nvenc`, `vaapi` or `software`. */
  family: v.string(),
  state: v.picklist(encoderStates),
  /** ISO 8601, UTC: since when it is in this state. */
  since: v.string(),
  /** Of one that is refused or failed: why. */
  reason: v.optional(v.string()),
  /** Of a proven one: milliseconds from the start of its process to its first packet, and per frame. */
  startMs: v.optional(v.number()),
  frameMs: v.optional(v.number()),
  /** Found by an earlier start of the agent on this machine. */
  remembered: v.boolean(),
});
export type EncoderHealth = v.InferOutput<typeof encoderHealth>;

/** The snapshot that `/health` serves and that is pushed to viewers when it changes. */
export const healthSnapshot = v.object({
  status: v.picklist(healthStatuses),
  /** What keeps it from being `ready`, one sentence each. */
  reasons: v.array(v.string()),
  version: v.string(),
  startedAt: v.string(),
  display: v.nullable(v.object({ width: v.number(), height: v.number() })),
  video: v.array(
    v.object({
      codec: v.picklist(videoCodecs),
      encoder: v.string(),
      why: v.string(),
      viewers: v.number(),
    }),
  ),
  encoders: v.array(encoderHealth),
  viewers: v.number(),
  components: v.array(componentHealth),
});
export type HealthSnapshot = v.InferOutput<typeof healthSnapshot>;

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
    agentVersion: v.string(),
    screen: v.object({ width: v.number(), height: v.number() }),
    iceServers: v.array(iceServer),
    iceTransportPolicy: v.picklist(["all", "relay"]),
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
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  return {
    ok: false,
    error:
      path === null
        ? "the message is not an object with a known type"
        : `the field "${path.slice(0, 64)}" is not as the protocol describes it (expected ${issue.expected ?? "something else"})`,
  };
}
