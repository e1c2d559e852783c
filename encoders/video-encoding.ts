/**
 * Video encoders, whatever their frames come from: what a pipeline needs to know of one.
 */
import type { Stage } from "./pipeline.ts";
import type { PixelFormat } from "./host/frame-layout.ts";

/** Codecs there are encoders for. */
export const videoPipelineCodecs = [
  "h264",
  "vp8",
  "vp9",
  "h265",
  "av1",
] as const;
export type VideoPipelineCodec = (typeof videoPipelineCodecs)[number];

/** What an encoder works with. */
export const encoderFamilies = ["nvenc", "vaapi", "software"] as const;
export type EncoderFamily = (typeof encoderFamilies)[number];

/** What the rates of a stream may be, both ends included: bit/s, and frames per second. */
export const rateRanges = {
  targetBps: { min: 10_000, max: 1_000_000_000 },
  frameRate: { min: 1, max: 144 },
} as const;

/** What an encoder is set up for. */
export interface VideoEncodingOptions {
  /** Frames per second, 1–144. */
  frameRate: number;
  /** Target in bit/s. */
  bitrateBps: number;
  /** Threads of a software encoder; more than four slices make Chromium's decoder slower, not faster. */
  threads: number;
  /**
   * Whether an encoder that can may leave frames out to keep its rate, which is what is left to it at its coarsest quantiser.
   * The host never lets it: it holds back what it grabs instead.
   */
  mayDropFrames?: boolean;
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
  /** Whether it obeys a change of the property while it runs; where it does not, it has to be started anew. */
  whileRunning: boolean;
  /**
   * Whether it answers a change with a key frame. Then it is told what is asked for and nothing finer: a governor that
   * told it of the content's rhythm would make every few frames a key frame.
   */
  costsKeyFrame: boolean;
  /** Its buffer model, where that is told in bits: those of the rate, so both are told together. */
  vbv?: VbvControl | undefined;
}

/** How an encoder is told how many bits one frame may take at most. */
export interface VbvControl {
  /** Property of the encoder, e.g. `cpb-size`. */
  property: string;
  /** Bits that are 1 of the property. */
  unitBits: number;
  /** As long as its rate takes to fill the buffer, in milliseconds. */
  durationMs: number;
}

/** The properties by which an encoder is told the rate of `bps` bit/s, and their values: whole numbers from 1 on. */
export function rateProperties(
  { property, unitBps, vbv }: RateControl,
  bps: number,
): Record<string, number> {
  const whole = (value: number): number => Math.max(1, Math.round(value));
  const properties = { [property]: whole(bps / unitBps) };
  if (vbv !== undefined) {
    const bits = (bps * vbv.durationMs) / 1_000;
    properties[vbv.property] = whole(bits / vbv.unitBits);
  }
  return properties;
}

/** Matrix between RGB and YCbCr; all encoders are given the limited range. */
export const colourMatrices = ["bt601", "bt709"] as const;
export type ColourMatrix = (typeof colourMatrices)[number];

/** The stages from raw frames to RTP. */
export interface VideoEncoding {
  /** From BGRx in system memory, as `ximagesrc` delivers it, to what the encoder takes. For gst-launch. */
  conversion: readonly Stage[];
  /** What the host makes of the screen itself, before {@link upload}. */
  pixelFormat: PixelFormat;
  /** Of what the encoder takes, whoever converts. */
  matrix: ColourMatrix;
  /** From {@link pixelFormat} in system memory to what the encoder takes. For the host. */
  upload: readonly Stage[];
  encoder: Stage;
  /** What lies between encoder and payloader: caps, parsers. */
  between: readonly Stage[];
  payloader: Stage;
  rateControl: RateControl;
}

/** An encoder as it is installed here. */
export interface VideoEncoder {
  readonly codec: VideoPipelineCodec;
  /** Its GStreamer element, e.g. `x264enc`: its name in settings, health and logs. */
  readonly element: string;
  /** Whether it leaves frames out where it may: then nothing may come out of it for a while, though it works. */
  readonly dropsFrames: boolean;
  readonly family: EncoderFamily;
  /** The stages for `options`, of properties the installed element has. */
  encoding(options: VideoEncodingOptions): VideoEncoding;
}

/** RTP clock of all video (RFC 6184, section 5.1; RFC 7741, section 4.1). */
export const videoClockRate = 90_000;
