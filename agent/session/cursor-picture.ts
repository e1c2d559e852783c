/**
 * From a cursor of the X server to a picture that a browser draws. Pure.
 */
import { createHash } from "node:crypto";
import type { Cursor } from "../../signaling/features/cursor.ts";
import { maxCursorPixels } from "../../signaling/protocol/cursor.ts";
import type { CursorImage } from "../x11/cursor-requests.ts";
import { encodePng } from "./png.ts";

const bytesPerPixel = 4;
const alphaAt = 3;
/** Characters of a key; 96 bits do not meet by accident. */
const keyLength = 16;

/** @returns `null` for a cursor of which nothing is to be seen. */
export function cursorPicture(image: CursorImage): Cursor | null {
  if (!isVisible(image.pixels)) return null;
  const { pixels, width, height, hotX, hotY } = cutOut(image);
  const rgba = straightRgba(pixels);
  const png = encodePng(rgba, width, height).toString("base64");
  const key = createHash("sha256")
    .update(`${width} ${height} ${hotX} ${hotY} `)
    .update(rgba)
    .digest("base64url")
    .slice(0, keyLength);
  return { key, image: { png, width, height, hotX, hotY } };
}

function isVisible(pixels: Uint8Array): boolean {
  for (let at = alphaAt; at < pixels.length; at += bytesPerPixel)
    if (pixels[at] !== 0) return true;
  return false;
}

/** The part of a cursor around its hot spot; all of it where it is not too large. */
function cutOut(image: CursorImage): Omit<CursorImage, "serial"> {
  const columns = cutRange(image.hotX, image.width);
  const rows = cutRange(image.hotY, image.height);
  const pixels = new Uint8Array(columns.length * rows.length * bytesPerPixel);
  for (let row = 0; row < rows.length; row += 1) {
    const from = (rows.start + row) * image.width + columns.start;
    pixels.set(
      image.pixels.subarray(
        from * bytesPerPixel,
        (from + columns.length) * bytesPerPixel,
      ),
      row * columns.length * bytesPerPixel,
    );
  }
  return {
    pixels,
    width: columns.length,
    height: rows.length,
    hotX: image.hotX - columns.start,
    hotY: image.hotY - rows.start,
  };
}

function cutRange(
  hot: number,
  length: number,
): { start: number; length: number } {
  if (length <= maxCursorPixels) return { start: 0, length };
  const centred = hot - Math.floor(maxCursorPixels / 2);
  const start = Math.min(Math.max(centred, 0), length - maxCursorPixels);
  return { start, length: maxCursorPixels };
}

/** From blue, green, red and alpha, multiplied, to red, green, blue and alpha as PNG has them. */
function straightRgba(bgra: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(bgra.length);
  for (let at = 0; at < bgra.length; at += bytesPerPixel) {
    const alpha = bgra[at + alphaAt] ?? 0;
    if (alpha === 0) continue;
    for (let channel = 0; channel < alphaAt; channel += 1) {
      const colour = bgra[at + 2 - channel] ?? 0;
      // Applications exist whose colours are brighter than their alpha allows.
      rgba[at + channel] = Math.min(Math.round((colour * 255) / alpha), 255);
    }
    rgba[at + alphaAt] = alpha;
  }
  return rgba;
}
