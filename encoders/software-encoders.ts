/**
 * The software encoders with the properties that every supported GStreamer has.
 */
import { rtpMtu } from "./pipeline.ts";
import type {
  VideoEncoder,
  VideoEncoding,
  VideoEncodingOptions,
} from "./video-encoding.ts";

/** "Never", in the encoders' words: key frames come when somebody asks for one. */
const noPeriodicKeyFrames = 2_147_483_647;

/** The encoder of `codec`. */
export function softwareEncoder(codec: "h264" | "vp8"): VideoEncoder {
  return {
    codec,
    element: codec === "h264" ? "x264enc" : "vp8enc",
    family: "software",
    encoding: encodings[codec],
  };
}

const systemMemory = {
  conversion: [{ name: "videoconvert" }, { name: "video/x-raw,format=I420" }],
  pixelFormat: "I420",
  upload: [],
} as const;

const encodings: Record<
  "h264" | "vp8",
  (options: VideoEncodingOptions) => VideoEncoding
> = {
  h264: (options) => ({
    ...systemMemory,
    encoder: {
      name: "x264enc",
      properties: {
        tune: "zerolatency",
        "speed-preset": "ultrafast",
        bitrate: Math.round(options.bitrateBps / 1_000),
        "key-int-max": noPeriodicKeyFrames,
        // One and a half frames: no frame takes longer to send than the viewer can wait.
        "vbv-buf-capacity": Math.max(1, Math.round(1_500 / options.frameRate)),
        bframes: 0,
        "rc-lookahead": 0,
        "sliced-threads": true,
        threads: options.threads,
        aud: false,
      },
    },
    between: [
      {
        name: "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
      },
    ],
    payloader: {
      name: "rtph264pay",
      properties: {
        mtu: rtpMtu,
        pt: 96,
        "aggregate-mode": "zero-latency",
        // SPS and PPS with every IDR: a viewer can begin at any of them.
        "config-interval": -1,
      },
    },
    rateControl: { property: "bitrate", unitBps: 1_000, countsBy: "frames" },
  }),
  vp8: (options) => ({
    ...systemMemory,
    encoder: {
      name: "vp8enc",
      properties: {
        deadline: 1,
        "cpu-used": 12,
        "lag-in-frames": 0,
        "end-usage": "cbr",
        "target-bitrate": options.bitrateBps,
        "keyframe-max-dist": noPeriodicKeyFrames,
        threads: options.threads,
        "static-threshold": 1,
        "max-quantizer": 56,
        "buffer-initial-size": 100,
        "buffer-optimal-size": 120,
        "buffer-size": 150,
      },
    },
    between: [],
    payloader: {
      name: "rtpvp8pay",
      properties: { mtu: rtpMtu, pt: 96, "picture-id-mode": "15-bit" },
    },
    rateControl: {
      property: "target-bitrate",
      unitBps: 1,
      countsBy: "timestamps",
    },
  }),
};
