/**
 * Video encoders and their low-delay settings, whatever their frames come from.
 */
import { rtpMtu, type Stage } from "./pipeline.ts";

/** Codecs there is an encoder for. */
export type VideoPipelineCodec = "h264" | "vp8";

/** What an encoder is set up for. */
export interface VideoEncodingOptions {
  codec: VideoPipelineCodec;
  /** Frames per second, 1–144. */
  frameRate: number;
  /** Target in bit/s. */
  bitrateBps: number;
  /** Threads of the encoder; more than four slices make Chromium's decoder slower, not faster. */
  threads: number;
}

/** How a running encoder is told another bit rate. */
export interface RateControl {
  /** Property of the encoder, changed while it runs, e.g. `bitrate`. */
  property: string;
  /** Bits per second that are 1 of the property: 1 or 1,000. */
  unitBps: number;
  /**
   * What the encoder takes for time: `frames`, where it trusts the frame rate of the caps (x264enc), or
   * `timestamps` (vp8enc).
   */
  countsBy: "frames" | "timestamps";
}

/** The stages from raw I420 to RTP. */
export interface VideoEncoding {
  encoder: Stage;
  /** What lies between encoder and payloader: caps, parsers. */
  between: readonly Stage[];
  payloader: Stage;
  rateControl: RateControl;
}

/** RTP clock of all video (RFC 6184, section 5.1; RFC 7741, section 4.1). */
export const videoClockRate = 90_000;

/** "Never", in the encoders' words: key frames come when somebody asks for one. */
const noPeriodicKeyFrames = 2_147_483_647;

/** The encoding for `options`. */
export function videoEncoding(options: VideoEncodingOptions): VideoEncoding {
  return encodings[options.codec](options);
}

const encodings: Record<
  VideoPipelineCodec,
  (options: VideoEncodingOptions) => VideoEncoding
> = {
  h264: (options) => ({
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
