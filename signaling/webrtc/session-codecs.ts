/**
 * The codecs and header extensions that the agent offers in SDP.
 */
import type { SurroundOffer } from "../media.ts";
import type { VideoCodec } from "../protocol.ts";
import { noPlayoutDelay, type ConstantExtension } from "./rtp-header.ts";

/** One entry of an m-section's codec list, in the words of SDP. */
export interface CodecDescription {
  mimeType: string;
  clockRate: number;
  channels?: number;
  payloadType: number;
  rtcpFeedback?: { type: string; parameter?: string }[];
  /** The `a=fmtp` line. */
  parameters?: string;
}

/** URIs of the header extensions that packets carry. */
export const extensionUris = {
  mid: "urn:ietf:params:rtp-hdrext:sdes:mid",
  playoutDelay: "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
  colourSpace: "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
} as const;

/** Limited range, and nothing said of where the chroma samples lie: bits 4–5, 2–3 and 0–1 of the last byte. */
const limitedRange = 1 << 4;

/**
 * What the color-space extension says of a codec whose bitstream does not name its colours, always or with one of its
 * encoders: primaries, transfer and matrix as numbers of ITU-T H.273, then {@link limitedRange}. Chromium obeys it.
 *
 * - VP8 has no place for a matrix, and is BT.601 (`encoders/candidates/conversions.ts`). Chromium would take 720 lines
 *   and more for BT.709.
 * - H.264 is BT.709. Most encoders name that, openh264enc does not, and then a decoder has to guess. Chromium's own
 *   guesses right at 480 lines; another may go by the number of lines.
 */
const colourSpaces: Partial<Record<VideoCodec, Buffer>> = {
  h264: Buffer.from([1, 1, 1, limitedRange]),
  vp8: Buffer.from([1, 1, 6, limitedRange]),
};

/** URIs of the extensions that video packets of a codec carry. */
export function videoExtensionUris(codec: VideoCodec | undefined): string[] {
  const { playoutDelay, colourSpace } = extensionUris;
  return codec !== undefined && colourSpaces[codec] !== undefined
    ? [playoutDelay, colourSpace]
    : [playoutDelay];
}

/**
 * The extensions of each packet of a track, of those that were negotiated.
 * @param codec what the track carries; `undefined` for sound.
 */
export function constantExtensions(
  negotiated: readonly { id: number; uri: string }[],
  mid: string | null | undefined,
  codec: VideoCodec | undefined,
): ConstantExtension[] {
  const values: Readonly<Record<string, Buffer | undefined>> = {
    [extensionUris.mid]: Buffer.from(mid ?? "0"),
    [extensionUris.playoutDelay]: noPlayoutDelay,
    [extensionUris.colourSpace]:
      codec === undefined ? undefined : colourSpaces[codec],
  };
  return negotiated.flatMap(({ id, uri }) => {
    const value = values[uri];
    return value === undefined ? [] : [{ id, value }];
  });
}

/** Lost packets (RFC 4585, 6.2.1), lost pictures (6.3.1), and a wish for a key frame (RFC 5104, 4.3.1). */
const videoFeedback = [
  { type: "nack" },
  { type: "nack", parameter: "pli" },
  { type: "ccm", parameter: "fir" },
];

const videoDescriptions: Record<VideoCodec, CodecDescription> = {
  h264: {
    mimeType: "video/H264",
    clockRate: 90_000,
    payloadType: 102,
    rtcpFeedback: videoFeedback,
    // Constrained baseline up to level 4.2; browsers match the profile and ignore the level (RFC 6184, 8.1).
    parameters:
      "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e02a",
  },
  vp8: {
    mimeType: "video/VP8",
    clockRate: 90_000,
    payloadType: 96,
    rtcpFeedback: videoFeedback,
  },
  vp9: {
    mimeType: "video/VP9",
    clockRate: 90_000,
    payloadType: 98,
    rtcpFeedback: videoFeedback,
    // 8 bits, 4:2:0 (RFC 9628, section 6).
    parameters: "profile-id=0",
  },
  av1: {
    mimeType: "video/AV1",
    clockRate: 90_000,
    payloadType: 45,
    rtcpFeedback: videoFeedback,
    // Main profile, level 5.0 (RTP payload format for AV1, section 7.2).
    parameters: "level-idx=12;profile=0;tier=0",
  },
  h265: {
    mimeType: "video/H265",
    clockRate: 90_000,
    payloadType: 49,
    rtcpFeedback: videoFeedback,
    // Main profile, level 5 (RFC 7798, section 7.1).
    parameters: "level-id=150;profile-id=1;tier-flag=0;tx-mode=SRST",
  },
};

/** The video m-section: the codec, and its retransmission (RFC 4588). */
export function videoCodecDescriptions(codec: VideoCodec): CodecDescription[] {
  const description = videoDescriptions[codec];
  return [
    description,
    {
      mimeType: "video/rtx",
      clockRate: description.clockRate,
      payloadType: description.payloadType + 1,
      parameters: `apt=${description.payloadType}`,
    },
  ];
}

const opusPayloadType = 111;

/** SDP name of multistream Opus, which libwebrtc decodes and does not list. No RFC describes it. */
export const multistreamOpus = "multiopus";

/** Opus (RFC 7587), and the same with earlier frames repeated (RFC 2198). */
const stereoDescriptions: readonly CodecDescription[] = [
  {
    mimeType: "audio/opus",
    clockRate: 48_000,
    channels: 2,
    payloadType: opusPayloadType,
    parameters: "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1",
  },
  {
    mimeType: "audio/red",
    clockRate: 48_000,
    channels: 2,
    payloadType: 63,
    // The newest frame and the ones before are all Opus (RFC 2198, section 5).
    parameters: `${opusPayloadType}/${opusPayloadType}`,
  },
];

/**
 * What a viewer's microphone sends: Opus, mono by what is not said (RFC 7587, section 6.1: `stereo` is 0), with frames
 * repeated under loss. A payload type of its own, since sections that share a transport share the meaning of types.
 */
export const speechCodecDescription = {
  mimeType: "audio/opus",
  clockRate: 48_000,
  channels: 2,
  payloadType: 109,
  parameters: "minptime=10;useinbandfec=1",
} as const satisfies CodecDescription;

/**
 * The audio m-section. More channels come last: who knows them asks for them, and who does not takes what is
 * before.
 */
export function audioCodecDescriptions(
  surround?: Omit<SurroundOffer, "source">,
): readonly CodecDescription[] {
  if (surround === undefined) return stereoDescriptions;
  const { channels, streams, coupledStreams, channelMapping } = surround;
  return [
    ...stereoDescriptions,
    {
      mimeType: `audio/${multistreamOpus}`,
      clockRate: 48_000,
      channels,
      payloadType: 112,
      parameters: `channel_mapping=${channelMapping.join(",")};coupled_streams=${coupledStreams};num_streams=${streams}`,
    },
  ];
}
