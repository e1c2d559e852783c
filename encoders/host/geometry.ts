/**
 * Sizes and rectangles of the host, all in pixels.
 */

/** Width and height. */
export interface Size {
  width: number;
  height: number;
}

/** A rectangle; the upper left corner of the screen is 0, 0. */
export interface Rectangle extends Size {
  x: number;
  y: number;
}

/**
 * The part of a screen that is encoded: codecs with halved chroma take even sizes only, and x264 waits
 * for ever on odd ones.
 */
export function evenSize(size: Size): Size {
  return { width: size.width & ~1, height: size.height & ~1 };
}
