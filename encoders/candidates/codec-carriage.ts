/**
 * How each codec goes into RTP, whoever encoded it.
 */
import { rtpMtu } from "../pipeline.ts";
import type { VideoPipelineCodec } from "../video-encoding.ts";
import type { CodecCarriage } from "./candidate.ts";

/** Every payload type is 96: the packet path gives each viewer its own number. */
const common = { mtu: rtpMtu, pt: 96 };

/** SPS and PPS with every IDR: a viewer can begin at any of them. Nothing is held back to be put together. */
const nalUnits = {
  ...common,
  "aggregate-mode": "zero-latency",
  "config-interval": -1,
};

/** Caps, parsers and payloader by codec (RFC 6184, 7741, 9628, 7798, and the RTP specification for AV1). */
export const codecCarriage: Readonly<
  Record<VideoPipelineCodec, CodecCarriage>
> = {
  h264: {
    between: [
      {
        name: "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
      },
    ],
    payloader: { name: "rtph264pay", properties: nalUnits },
  },
  vp8: {
    between: [],
    payloader: {
      name: "rtpvp8pay",
      properties: { ...common, "picture-id-mode": "15-bit" },
    },
  },
  vp9: {
    between: [],
    payloader: {
      name: "rtpvp9pay",
      properties: { ...common, "picture-id-mode": "15-bit" },
    },
  },
  h265: {
    between: [{ name: "video/x-h265,profile=main,stream-format=byte-stream" }],
    payloader: { name: "rtph265pay", properties: nalUnits },
  },
  av1: {
    between: [{ name: "av1parse" }],
    payloader: { name: "rtpav1pay", properties: common },
  },
};
