/**
 * How a cursor of the remote screen is drawn on this one. Pure.
 */
import type { Box, Point, Size } from "./geometry.ts";

/** Browsers ignore cursors of more than this, in CSS pixels. */
const largestCursorPx = 128;
/** Larger ones are replaced by the ordinary cursor where they would reach out of the page (Chromium, Firefox). */
const largestEverywherePx = 32;
/** A scale as near to 1 as this is 1: a cursor that is drawn pixel by pixel is crisp. */
const unitSlack = 0.02;

/** A cursor's own pixels. */
export interface CursorShape extends Size {
  hotX: number;
  hotY: number;
}

/** How it is drawn. */
export interface CursorPlan {
  /** Of the picture that is handed to the browser, in device pixels. */
  canvas: Size;
  /** Where in it, and how large, the cursor is. */
  drawn: Box;
  /** Whether that is the cursor as it came. */
  isUnchanged: boolean;
  /** Whether pixels stay sharp squares. */
  isSharp: boolean;
  /** Device pixels in a CSS pixel, as in `image-set()`. */
  density: number;
  /** The pixel that points, in whole CSS pixels: browsers drop fractions. */
  hot: Point;
  /** Size on the page, in CSS pixels. */
  size: Size;
}

/**
 * @param options.scale CSS pixels that a pixel of the remote screen takes on the page. A cursor is scaled like the
 *   picture, but never to less than a device pixel for each of its own: it is to be seen on small screens too.
 * @param options.density device pixels in a CSS pixel.
 */
export function planCursor(options: {
  shape: CursorShape;
  scale: number;
  density: number;
}): CursorPlan {
  const { shape, density } = options;
  const wanted = options.scale * density;
  const unit = wanted < 1 + unitSlack ? 1 : wanted;
  const x = placeHot(shape.hotX, unit, density);
  const y = placeHot(shape.hotY, unit, density);
  const width = Math.round(shape.width * unit);
  const height = Math.round(shape.height * unit);
  const canvas = { width: width + x.pad, height: height + y.pad };
  return {
    canvas,
    drawn: { left: x.pad, top: y.pad, width, height },
    isUnchanged: unit === 1 && x.pad === 0 && y.pad === 0,
    isSharp: Number.isInteger(unit),
    density,
    hot: { x: x.hot, y: y.hot },
    size: { width: canvas.width / density, height: canvas.height / density },
  };
}

/** The hot spot in whole CSS pixels, and the empty device pixels before the cursor that move it there. */
function placeHot(
  hot: number,
  unit: number,
  density: number,
): { hot: number; pad: number } {
  const device = (hot + 0.5) * unit - 0.5; // The middle of the pixel that points.
  const css = Math.ceil(device / density - 1e-6);
  return { hot: css, pad: Math.max(Math.round(css * density - device), 0) };
}

/** Whether the browser would not draw the cursor with the pointer at `pointer`, so that the page has to. */
export function needsOverlay(
  plan: CursorPlan,
  pointer: Point | undefined,
  viewport: Size,
): boolean {
  const { size, hot } = plan;
  const longest = Math.max(size.width, size.height);
  if (longest > largestCursorPx) return true;
  if (longest <= largestEverywherePx || pointer === undefined) return false;
  const left = pointer.x - hot.x;
  const top = pointer.y - hot.y;
  return (
    left < 0 ||
    top < 0 ||
    left + size.width > viewport.width ||
    top + size.height > viewport.height
  );
}
