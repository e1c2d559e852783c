/**
 * Kinds of fields that several messages have.
 */
import * as v from "valibot";

export const videoCodecs = ["h264", "vp8", "vp9", "av1", "h265"] as const;
/** A video codec that the agent can send. */
export type VideoCodec = (typeof videoCodecs)[number];

/** Counts messages or negotiations. */
export const sequence = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(2 ** 53 - 1),
);
/** Pixels of the remote screen; the bound is that of X11 (INT16). */
export const coordinate = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(-32_768),
  v.maxValue(32_767),
);
/** X11 protocol, appendix A: keysyms are 29 bits wide; 0 is NoSymbol. */
export const keysym = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.maxValue(0x1fff_ffff),
);

/** What a token allows: `controller` everything, `viewer` to look and listen. */
export const roles = ["controller", "viewer"] as const;
export type Role = (typeof roles)[number];
