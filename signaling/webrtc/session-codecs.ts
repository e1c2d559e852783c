/**
 * The codecs and header extensions that the agent offers in SDP.
 */
import type { VideoCodec } from "../protocol.ts";

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
} as const;

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

/** The audio m-section (RFC 7587). */
export const audioCodecDescriptions: readonly CodecDescription[] = [
  {
    mimeType: "audio/opus",
    clockRate: 48_000,
    channels: 2,
    payloadType: 111,
    parameters: "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1",
  },
];
