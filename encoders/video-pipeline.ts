/**
 * Launch descriptions that capture an X display and encode it with low delay.
 */
import {
  elementNames,
  rtpElements,
  rtpLaunchArgs,
  rtpMtu,
  type Pipeline,
  type Stage,
} from "./pipeline.ts";

/** Codecs there is a pipeline for. */
export type VideoPipelineCodec = "h264" | "vp8";

/** What a video pipeline is made from. */
export interface VideoPipelineOptions {
  codec: VideoPipelineCodec;
  /** X display to capture, e.g. `:99`. */
  display: string;
  /** Size of the display in pixels, where it is known: one that is odd is captured without its last pixel. */
  screen?: { width: number; height: number };
  /** Frames per second, 1–144. */
  frameRate: number;
  /** Target in bit/s. */
  bitrateBps: number;
  /** Threads of the encoder; more than four slices make Chromium's decoder slower, not faster. */
  threads: number;
}

/** RTP clock of all video (RFC 6184, section 5.1; RFC 7741, section 4.1). */
export const videoClockRate = 90_000;

/** "Never", in the encoders' words: key frames come when somebody asks for one. */
const noPeriodicKeyFrames = 2_147_483_647;

/** The pipeline for `options`. */
export function videoPipeline(options: VideoPipelineOptions): Pipeline {
  const encoding = codecStages[options.codec](options);
  const stages: Stage[] = [
    {
      name: "ximagesrc",
      properties: {
        "display-name": options.display,
        // With XDamage, ximagesrc copies rectangle by rectangle and is slower on a busy screen.
        "use-damage": false,
        "show-pointer": true,
        ...evenEnd(options.screen),
      },
    },
    { name: `video/x-raw,framerate=${options.frameRate}/1` },
    { name: "videoconvert" },
    { name: "video/x-raw,format=I420" },
    ...encoding.stages,
  ];
  return {
    name: `video-${options.codec}`,
    encoder: encoding.encoder,
    elements: [...elementNames(stages), ...rtpElements],
    clockRate: videoClockRate,
    args: rtpLaunchArgs(stages),
  };
}

/** I420 halves both sides, and x264 refuses odd ones: the last pixel captured, where it is not the last there is. */
function evenEnd(
  screen: { width: number; height: number } | undefined,
): Record<string, number> {
  if (screen === undefined) return {};
  return {
    ...(screen.width % 2 === 0 ? {} : { endx: screen.width - 2 }),
    ...(screen.height % 2 === 0 ? {} : { endy: screen.height - 2 }),
  };
}

interface Encoding {
  encoder: string;
  stages: Stage[];
}

const codecStages: Record<
  VideoPipelineCodec,
  (options: VideoPipelineOptions) => Encoding
> = {
  h264: (options) => ({
    encoder: "x264enc",
    stages: [
      {
        name: "x264enc",
        properties: {
          tune: "zerolatency",
          "speed-preset": "ultrafast",
          bitrate: Math.round(options.bitrateBps / 1_000),
          "key-int-max": noPeriodicKeyFrames,
          // One and a half frames: no frame takes longer to send than the viewer can wait.
          "vbv-buf-capacity": Math.max(
            1,
            Math.round(1_500 / options.frameRate),
          ),
          bframes: 0,
          "rc-lookahead": 0,
          "sliced-threads": true,
          threads: options.threads,
          aud: false,
        },
      },
      {
        name: "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
      },
      {
        name: "rtph264pay",
        properties: {
          mtu: rtpMtu,
          pt: 96,
          "aggregate-mode": "zero-latency",
          // SPS and PPS with every IDR: a viewer can begin at any of them.
          "config-interval": -1,
        },
      },
    ],
  }),
  vp8: (options) => ({
    encoder: "vp8enc",
    stages: [
      {
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
      {
        name: "rtpvp8pay",
        properties: { mtu: rtpMtu, pt: 96, "picture-id-mode": "15-bit" },
      },
    ],
  }),
};
