/**
 * Encoders that need a processor and nothing else. The settings are those the field converged on for low
 * delay (zero latency, no B-frames, CBR, key frames on demand only); figures measured on the development machine.
 */
import {
  need,
  noPeriodicKeyFrames,
  wholeVbvMs,
  wish,
  type EncoderCandidate,
  type WantedProperty,
} from "./candidate.ts";
import type { VideoEncodingOptions } from "../video-encoding.ts";

/** A viewer who joins waits no longer than this for a picture. */
const svtKeyFrameSeconds = 2;

const common = {
  family: "software",
  path: "system",
  format: "I420",
} as const;

/**
 * Milliseconds of x264's VBV. Below 1.1 frames it aims at filling the buffer with each frame; at 1.5 frames it is content
 * with half (encoder/ratecontrol.c, `single_frame_vbv`): 88 % of the target on moving content for 24–41 %, measured.
 */
function singleFrameVbvMs({ frameRate }: VideoEncodingOptions): number {
  return Math.max(1, Math.floor(1_080 / frameRate));
}

/** x264: `ultrafast` takes about 7 ms of processor for 1920 × 1080, `superfast` 11. */
export const x264: EncoderCandidate = {
  ...common,
  codec: "h264",
  element: "x264enc",
  rateControls: [
    {
      property: "bitrate",
      unitBps: 1_000,
      countsBy: "frames",
      whileRunning: true,
      // 78–83 % of 1–4 Mbit/s at 25 and 60 Hz, measured with gst-launch: it keeps a sixth of its VBV for surprises.
      yield: 0.82,
    },
  ],
  properties: (options) => [
    need("tune", "zerolatency"),
    need("speed-preset", "ultrafast"),
    need("key-int-max", noPeriodicKeyFrames),
    need("vbv-buf-capacity", singleFrameVbvMs(options)),
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
  rateControls: [
    {
      property: "bitrate",
      unitBps: 1,
      countsBy: "timestamps",
      whileRunning: true,
    },
  ],
  properties: (options) => [
    need("rate-control", "bitrate"),
    need("gop-size", 0),
    wish("complexity", "low"),
    // `screen` takes more time (7.9 for 7.1 ms at 1280 × 720, version 2.3.1) and used 40 % of the rate it was given.
    wish("usage-type", "camera"),
    wish("enable-frame-skip", false),
    wish("scene-change-detection", false),
    wish("slice-mode", "n-slices"),
    wish("num-slices", options.threads),
    wish("multi-thread", options.threads),
  ],
};

/**
 * Per cent of libvpx's buffer below which it leaves a frame out, by gst-launch. Of noise it sent 24 times its rate at the
 * coarsest quantiser, and 1.2 times with this (1280 × 720 at 30 Hz, 1 Mbit/s, libvpx 1.12).
 */
function dropping({ mayDropFrames }: VideoEncodingOptions): WantedProperty[] {
  return mayDropFrames === true ? [wish("dropframe-threshold", 30)] : [];
}

/** libvpx, VP8: realtime; `cpu-used=12` takes about 8 ms for 1920 × 1080. */
export const vp8: EncoderCandidate = {
  ...common,
  codec: "vp8",
  element: "vp8enc",
  dropsFrames: true,
  rateControls: [
    {
      property: "target-bitrate",
      unitBps: 1,
      countsBy: "timestamps",
      whileRunning: true,
    },
  ],
  properties: (options) => [
    need("deadline", 1),
    need("cpu-used", 12),
    need("lag-in-frames", 0),
    need("end-usage", "cbr"),
    need("keyframe-max-dist", noPeriodicKeyFrames),
    // Its threads wait for each other without sleeping: two that share a core took 11.1 s for what one did in 0.9 s.
    wish("threads", Math.max(1, options.threads - 1)),
    wish("static-threshold", 1),
    // With 56 it used 285 % of 2 Mbit/s for a moving photograph of 1280 × 720.
    wish("max-quantizer", 63),
    wish("buffer-initial-size", 100),
    wish("buffer-optimal-size", 120),
    wish("buffer-size", 150),
    ...dropping(options),
  ],
};

/** libvpx, VP9: realtime, with the tools for several threads that libvpx has for it. */
export const vp9: EncoderCandidate = {
  ...common,
  codec: "vp9",
  element: "vp9enc",
  dropsFrames: true,
  rateControls: [
    {
      property: "target-bitrate",
      unitBps: 1,
      countsBy: "timestamps",
      whileRunning: true,
    },
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
    // With 56 it used nine times as much of noise.
    wish("max-quantizer", 63),
    wish("auto-alt-ref", false),
    wish("buffer-initial-size", 100),
    wish("buffer-optimal-size", 120),
    wish("buffer-size", 150),
    ...dropping(options),
  ],
};

/** x265: for browsers that take H.265 and hosts whose processor is far faster than their network. */
export const x265: EncoderCandidate = {
  ...common,
  codec: "h265",
  element: "x265enc",
  rateControls: [
    {
      property: "bitrate",
      unitBps: 1_000,
      countsBy: "frames",
      whileRunning: true,
    },
  ],
  properties: () => [
    need("tune", "zerolatency"),
    need("speed-preset", "ultrafast"),
    need("key-int-max", noPeriodicKeyFrames),
  ],
};

/**
 * SVT-AV1. While it holds a bit rate the element lets nobody ask for a key frame, and no property can be changed
 * once it runs (gstsvtav1enc.c): hence a key frame every {@link svtKeyFrameSeconds}, and its place behind libaom.
 */
export const svtAv1: EncoderCandidate = {
  ...common,
  codec: "av1",
  element: "svtav1enc",
  rateControls: [
    {
      property: "target-bitrate",
      unitBps: 1_000,
      countsBy: "timestamps",
      whileRunning: false,
    },
  ],
  properties: (options) => [
    need("preset", 12),
    need("intra-period-length", svtKeyFrameSeconds * options.frameRate),
    // CBR is what it does where both rates are equal.
    wish("max-bitrate", Math.max(1, Math.round(options.bitrateBps / 1_000))),
    // 20 ms is the least that it takes.
    wish("maximum-buffer-size", Math.max(20, wholeVbvMs(options))),
    wish("parameters-string", "pred-struct=1:rc=2"),
  ],
};

/** libaom, realtime usage. */
export const aomAv1: EncoderCandidate = {
  ...common,
  codec: "av1",
  element: "av1enc",
  rateControls: [
    {
      property: "target-bitrate",
      unitBps: 1_000,
      countsBy: "timestamps",
      whileRunning: true,
    },
  ],
  properties: (options) => [
    need("usage-profile", "realtime"),
    need("cpu-used", 10, ["cpu-used", 8]),
    need("lag-in-frames", 0),
    need("end-usage", "cbr"),
    // The element's own default is 0, with which libaom 3.6 aborts after ten frames of CBR.
    need("max-quantizer", 63),
    wish("keyframe-max-dist", noPeriodicKeyFrames),
    wish("threads", options.threads),
    wish("row-mt", true),
    wish("tile-columns", 1),
    wish("buf-sz", 150),
    wish("buf-initial-sz", 100),
    wish("buf-optimal-sz", 120),
  ],
};
