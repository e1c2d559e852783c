/**
 * What is known of an encoder before anybody has looked whether it is installed: its element, the properties
 * that make it fast, and where its frames are converted.
 *
 * Names and values of properties differ between GStreamer 1.20, 1.22, 1.24 and 1.26, so each wish lists
 * its alternatives; `resolve.ts` takes the first one that the installed element has.
 */
import type { Stage } from "../pipeline.ts";
import type {
  EncoderFamily,
  RateControl,
  VbvControl,
  VideoEncodingOptions,
  VideoPipelineCodec,
} from "../video-encoding.ts";

export type PropertyValue = string | number | boolean;

/** A property that is wanted of an encoder. */
export interface WantedProperty {
  /** Pairs of name and value, best first; the first one that the installed element has is used. */
  readonly anyOf: readonly (readonly [name: string, value: PropertyValue])[];
  /** Without it the encoder is of no use here, and is refused. */
  readonly required: boolean;
}

/** Where frames are converted to what the encoder takes. */
export type ConversionPath = "system" | "cuda" | "va" | "vaapi";

/** An encoder that may be installed. */
export interface EncoderCandidate {
  readonly codec: VideoPipelineCodec;
  /** Its GStreamer element. */
  readonly element: string;
  readonly family: EncoderFamily;
  readonly path: ConversionPath;
  /** Format of the frames it is given. */
  readonly format: "I420" | "NV12";
  /** Bit rate property, in alternatives; the first one that the installed element has is used. */
  readonly rateControls: readonly CandidateRateControl[];
  /** It leaves frames out where it may, see `VideoEncodingOptions.mayDropFrames`. */
  readonly dropsFrames?: true;
  /** Its properties for `options`, without the bit rate and what goes with it. */
  properties(options: VideoEncodingOptions): readonly WantedProperty[];
}

/** How a candidate is told its bit rate, as far as that does not depend on what is installed. */
export interface CandidateRateControl extends Pick<
  RateControl,
  "property" | "unitBps" | "countsBy"
> {
  /**
   * Whether it obeys a change while it runs: known from its source or by trying, or `as-flagged`, where what GStreamer
   * says of the property ("changeable in … PLAYING state") is true in each release. It is not of all: vp8enc obeys
   * without saying so.
   */
  readonly whileRunning: boolean | "as-flagged";
  /** Whether a change costs a key frame; not where nothing is said. */
  readonly costsKeyFrame?: true;
  /**
   * Share of its rate that it delivers of content that needs all of it, where it is not 1: it is told that much more
   * from the start. The host's governor finds out by itself; gst-launch has none.
   */
  readonly yield?: number;
  /** A buffer that is told in bits, {@link vbvFrames} large; used where the installed element has it. */
  readonly vbv?: Pick<VbvControl, "property" | "unitBits">;
}

/** What carries a codec into RTP. */
export interface CodecCarriage {
  /** Caps and parsers between encoder and payloader. */
  readonly between: readonly Stage[];
  readonly payloader: Stage;
}

/** A property without which the encoder is refused; alternatives follow. */
export function need(
  name: string,
  value: PropertyValue,
  ...others: readonly (readonly [string, PropertyValue])[]
): WantedProperty {
  return { anyOf: [[name, value], ...others], required: true };
}

/** A property that is passed where the element has it; alternatives follow. */
export function wish(
  name: string,
  value: PropertyValue,
  ...others: readonly (readonly [string, PropertyValue])[]
): WantedProperty {
  return { anyOf: [[name, value], ...others], required: false };
}

/** "Never", in the encoders' words: key frames come when somebody asks for one. */
export const noPeriodicKeyFrames = 2_147_483_647;

/** Frames' worth of bits that one frame may take: none is longer under way than a viewer can wait. */
export const vbvFrames = 1.5;

/** {@link vbvFrames} in milliseconds. */
export function vbvMs(options: VideoEncodingOptions): number {
  return (vbvFrames * 1_000) / options.frameRate;
}

/** {@link vbvMs} for properties that take whole numbers, at least 1. */
export function wholeVbvMs(options: VideoEncodingOptions): number {
  return Math.max(1, Math.round(vbvMs(options)));
}
