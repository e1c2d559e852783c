/**
 * Encoders that need a processor and nothing else. The settings are those the field converged on for low
 * delay (zero latency, no B-frames, CBR, key frames on demand only); figures measured on the development machine.
 */
import {
  need,
  noPeriodicKeyFrames,
  vbvMs,
  wish,
  type EncoderCandidate,
} from "./candidate.ts";

const common = {
  family: "software",
  path: "system",
  format: "I420",
} as const;

/** x264: `ultrafast` takes about 7 ms of processor for 1920 × 1080, `superfast` 11. */
export const x264: EncoderCandidate = {
  ...common,
  codec: "h264",
  element: "x264enc",
  rateControls: [{ property: "bitrate", unitBps: 1_000, countsBy: "frames" }],
  properties: (options) => [
    need("tune", "zerolatency"),
    need("speed-preset", "ultrafast"),
    need("key-int-max", noPeriodicKeyFrames),
    need("vbv-buf-capacity", vbvMs(options)),
    need("bframes", 0),
    need("rc-lookahead", 0),
    wish("sliced-threads", true),
    wish("threads", options.threads),
    wish("aud", false),
  ],
};

/** OpenH264: the second choice where x264 is not installed for its licence; about 12 ms for 1920 × 1080. */
export const openH264: EncoderCandidate = {
  ...common,
  codec: "h264",
  element: "openh264enc",
  rateControls: [{ property: "bitrate", unitBps: 1, countsBy: "timestamps" }],
  properties: (options) => [
    need("rate-control", "bitrate"),
    need("gop-size", 0),
    wish("complexity", "low"),
    // `screen` refuses odd things in some versions of the library; `camera` is what all of them do well.
    wish("usage-type", "camera"),
    wish("enable-frame-skip", false),
    wish("scene-change-detection", false),
    wish("slice-mode", "n-slices"),
    wish("num-slices", options.threads),
    wish("multi-thread", options.threads),
  ],
};

/** libvpx, VP8: realtime; `cpu-used=12` takes about 8 ms for 1920 × 1080. */
export const vp8: EncoderCandidate = {
  ...common,
  codec: "vp8",
  element: "vp8enc",
  rateControls: [
    { property: "target-bitrate", unitBps: 1, countsBy: "timestamps" },
  ],
  properties: (options) => [
    need("deadline", 1),
    need("cpu-used", 12),
    need("lag-in-frames", 0),
    need("end-usage", "cbr"),
    need("keyframe-max-dist", noPeriodicKeyFrames),
    wish("threads", options.threads),
    wish("static-threshold", 1),
    wish("max-quantizer", 56),
    wish("buffer-initial-size", 100),
    wish("buffer-optimal-size", 120),
    wish("buffer-size", 150),
  ],
};

/** libvpx, VP9: realtime, with the tools for several threads that libvpx has for it. */
export const vp9: EncoderCandidate = {
  ...common,
  codec: "vp9",
  element: "vp9enc",
  rateControls: [
    { property: "target-bitrate", unitBps: 1, countsBy: "timestamps" },
  ],
  properties: (options) => [
    need("deadline", 1),
    // 9 is the fastest that libvpx 1.12 knows for VP9; older ones take it for 8.
    need("cpu-used", 9, ["cpu-used", 8]),
    need("lag-in-frames", 0),
    need("end-usage", "cbr"),
    need("keyframe-max-dist", noPeriodicKeyFrames),
    wish("threads", options.threads),
    wish("row-mt", true),
    wish("tile-columns", 2),
    wish("static-threshold", 1),
    wish("max-quantizer", 56),
    wish("auto-alt-ref", false),
    wish("buffer-initial-size", 100),
    wish("buffer-optimal-size", 120),
    wish("buffer-size", 150),
  ],
};

/** x265: for browsers that take H.265 and hosts whose processor is far faster than their network. */
export const x265: EncoderCandidate = {
  ...common,
  codec: "h265",
  element: "x265enc",
  rateControls: [{ property: "bitrate", unitBps: 1_000, countsBy: "frames" }],
  properties: () => [
    need("tune", "zerolatency"),
    need("speed-preset", "ultrafast"),
    need("key-int-max", noPeriodicKeyFrames),
  ],
};

/** SVT-AV1, realtime presets (gst-plugins-bad 1.24). */
export const svtAv1: EncoderCandidate = {
  ...common,
  codec: "av1",
  element: "svtav1enc",
  rateControls: [
    { property: "target-bitrate", unitBps: 1_000, countsBy: "timestamps" },
  ],
  properties: () => [
    need("preset", 12),
    need("intra-period-length", -1),
    wish("parameters-string", "pred-struct=1:rc=2"),
  ],
};

/** libaom, realtime usage. */
export const aomAv1: EncoderCandidate = {
  ...common,
  codec: "av1",
  element: "av1enc",
  rateControls: [
    { property: "target-bitrate", unitBps: 1_000, countsBy: "timestamps" },
  ],
  properties: (options) => [
    need("usage-profile", "realtime"),
    need("cpu-used", 10, ["cpu-used", 8]),
    need("lag-in-frames", 0),
    need("end-usage", "cbr"),
    wish("keyframe-max-dist", noPeriodicKeyFrames),
    wish("threads", options.threads),
    wish("row-mt", true),
    wish("tile-columns", 1),
    wish("buf-sz", 150),
    wish("buf-initial-sz", 100),
    wish("buf-optimal-sz", 120),
  ],
};
