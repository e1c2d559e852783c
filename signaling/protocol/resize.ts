/**
 * The size of the remote screen: what a page wishes, and what can be had.
 */
import * as v from "valibot";

const pixels = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.maxValue(65_535),
);

/** From a page: the screen that it would like. What comes of it is told by `screen`. */
const resize = v.strictObject({
  type: v.literal("resize"),
  /** Pixels of the remote screen. */
  width: pixels,
  height: pixels,
  /** Pixels of the page's screen in a CSS pixel; the desktop is drawn larger by it. */
  devicePixelRatio: v.pipe(v.number(), v.minValue(0.1), v.maxValue(16)),
});
export const resizeClientMessages = [resize] as const;

const size = v.object({ width: v.number(), height: v.number() });

/** From the agent, at the beginning: the screen can have other sizes, within these bounds. */
const screenLimits = v.object({
  type: v.literal("screen-limits"),
  min: size,
  max: size,
});
/** From the agent: the display did not take a size. */
const resizeFailed = v.object({ type: v.literal("resize-failed") });
export const resizeServerMessages = [screenLimits, resizeFailed] as const;

/** A size in pixels. */
export interface PixelSize {
  width: number;
  height: number;
}

/** The smallest and the largest screen. */
export interface ScreenLimits {
  readonly min: Readonly<PixelSize>;
  readonly max: Readonly<PixelSize>;
}

/** A screen that can be had. */
export interface FittedScreen extends PixelSize {
  /** What the wish was scaled by, 1 or less: a desktop that has fewer pixels is drawn smaller too. */
  scale: number;
  /** Whether a side had to be made longer or shorter by more than a pixel. */
  isBounded: boolean;
}

/**
 * The screen that is nearest to a wish: too large a one is made smaller with its shape kept, too short sides are made
 * longer, odd ones shorter by a pixel (video has no odd sizes).
 */
export function fitScreen(wish: PixelSize, limits: ScreenLimits): FittedScreen {
  const { min, max } = limits;
  const scale = Math.min(1, max.width / wish.width, max.height / wish.height);
  const side = (pixels: number, least: number, most: number): number =>
    Math.min(Math.max(even(Math.round(pixels * scale)), least), most);
  const width = side(wish.width, min.width, max.width);
  const height = side(wish.height, min.height, max.height);
  const isBounded =
    Math.abs(width - wish.width) > 1 || Math.abs(height - wish.height) > 1;
  return { width, height, scale, isBounded };
}

function even(pixels: number): number {
  return pixels - (pixels % 2);
}
