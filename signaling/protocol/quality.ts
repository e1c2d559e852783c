/**
 * How much a viewer wants to be sent.
 */
import * as v from "valibot";

/** Bounds of a wish; what is beyond them is no wish but a mistake. */
export const qualityLimits = {
  /** Bits per second. */
  minBps: 100_000,
  maxBps: 200_000_000,
  /** Frames per second. */
  minFps: 1,
  maxFps: 240,
} as const;

/** The most that this viewer wants; a field that is left out is no bound, and takes an earlier one back. */
const qualityMessage = v.strictObject({
  type: v.literal("quality"),
  /** Video, in bits per second. */
  maxBps: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(qualityLimits.minBps),
      v.maxValue(qualityLimits.maxBps),
    ),
  ),
  /** Frames per second. */
  maxFps: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(qualityLimits.minFps),
      v.maxValue(qualityLimits.maxFps),
    ),
  ),
});

/** From the viewer. */
export const qualityMessages = [qualityMessage] as const;
export type QualityMessage = v.InferOutput<typeof qualityMessage>;
/** The wish itself. */
export interface QualityWish {
  readonly maxBps?: number | undefined;
  readonly maxFps?: number | undefined;
}
