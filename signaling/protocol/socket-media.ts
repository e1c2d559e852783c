/**
 * Video and sound over the WebSocket, for networks that let nothing else through: the encoder's own frames, which the
 * page decodes with WebCodecs.
 *
 * A frame is a binary message: {@link mediaMark}, which no bulk transfer has for a number, then what
 * {@link MediaFrame} says. All numbers are big endian.
 */
import * as v from "valibot";
import { videoCodecs } from "./fields.ts";

/** Codecs that are carried, best first: those that every browser with WebCodecs decodes. */
export const socketVideoCodecs = ["h264", "vp8"] as const;
export type SocketVideoCodec = (typeof socketVideoCodecs)[number];

/** First four bytes of a frame; the transfers of the agent have even numbers. */
const mediaMark = 0xffff_ffff;
/** Bytes in front of the content: mark, kind, sequence number, timestamp. */
export const mediaHeaderBytes = 13;

/** What a frame holds, by the number in its header. */
export const mediaKinds = ["video", "video-key", "audio"] as const;
export type MediaKind = (typeof mediaKinds)[number];

/** A frame of video, which can stand alone or builds on those before it, or of stereo Opus. */
export interface MediaFrame {
  kind: MediaKind;
  /** Counts all frames of a viewer, modulo 2³². */
  sequence: number;
  /** RTP timestamp: 90 kHz for video, 48 kHz for sound; its base is arbitrary. */
  timestamp: number;
  /** H.264 with start codes (annex B), a VP8 frame, or an Opus packet. */
  content: Uint8Array;
}

/** Writes all but the content into the first {@link mediaHeaderBytes} of `into`. */
export function writeMediaHeader(
  into: Uint8Array,
  { kind, sequence, timestamp }: Omit<MediaFrame, "content">,
): void {
  const view = new DataView(into.buffer, into.byteOffset, mediaHeaderBytes);
  view.setUint32(0, mediaMark);
  view.setUint8(4, mediaKinds.indexOf(kind));
  view.setUint32(5, sequence);
  view.setUint32(9, timestamp);
}

/** Reads a binary message; `undefined` where it is something else. The content is a view of `message`. */
export function readMediaFrame(message: Uint8Array): MediaFrame | undefined {
  if (message.length <= mediaHeaderBytes) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  if (view.getUint32(0) !== mediaMark) return undefined;
  const kind = mediaKinds[view.getUint8(4)];
  if (kind === undefined) return undefined;
  return {
    kind,
    sequence: view.getUint32(5),
    timestamp: view.getUint32(9),
    content: message.subarray(mediaHeaderBytes),
  };
}

const sequence = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(2 ** 32 - 1),
);

/** The page wants video and sound by the WebSocket from now on; again, to begin anew with other codecs. */
const mediaStart = v.strictObject({
  type: v.literal("media-start"),
  /** What it decodes, best first. */
  videoCodecs: v.pipe(
    v.array(v.picklist(videoCodecs)),
    v.maxLength(videoCodecs.length),
  ),
  /** Whether it decodes Opus. */
  audio: v.boolean(),
});

/** Every frame up to this one has been dealt with. */
const mediaAck = v.strictObject({ type: v.literal("media-ack"), sequence });

/** The decoder needs a key frame. */
const mediaRefresh = v.strictObject({ type: v.literal("media-refresh") });

/** The page wants no more of it. */
const mediaStop = v.strictObject({ type: v.literal("media-stop") });

/** From the page. */
export const socketMediaRequests = [
  mediaStart,
  mediaAck,
  mediaRefresh,
  mediaStop,
] as const;
export type MediaStart = v.InferOutput<typeof mediaStart>;

/** The answer to `media-start`: what follows. */
const mediaStarted = v.object({
  type: v.literal("media-started"),
  /** `null` where the session encodes nothing that the page decodes. */
  video: v.nullable(
    v.object({ codec: v.picklist(socketVideoCodecs), encoder: v.string() }),
  ),
  audio: v.boolean(),
});

/** From the agent. */
export const socketMediaMessages = [mediaStarted] as const;
export type MediaStarted = v.InferOutput<typeof mediaStarted>;
