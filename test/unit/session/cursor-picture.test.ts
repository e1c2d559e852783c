import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { cursorPicture } from "../../../agent/session/cursor-picture.ts";
import type { CursorImage } from "../../../agent/x11/cursor-requests.ts";

function image(
  width: number,
  height: number,
  pixels: readonly number[] = [],
  hot: readonly [number, number] = [0, 0],
): CursorImage {
  const all = new Uint8Array(width * height * 4);
  all.set(pixels);
  return { serial: 1, width, height, hotX: hot[0], hotY: hot[1], pixels: all };
}

/** Width, height and rows of a PNG as `encodePng` writes it: one IDAT after the header, no filters. */
function readPng(base64: string): {
  width: number;
  height: number;
  rgba: number[];
} {
  const png = Buffer.from(base64, "base64");
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const dataBytes = png.readUInt32BE(33);
  const rows = inflateSync(png.subarray(41, 41 + dataBytes));
  const rowBytes = width * 4 + 1;
  return {
    width,
    height,
    rgba: [...rows].filter((_value, index) => index % rowBytes !== 0),
  };
}

describe("the picture of a cursor", () => {
  it("has red first, and colours as if they were opaque", () => {
    const picture = cursorPicture(
      image(3, 1, [10, 20, 30, 255, 0, 32, 64, 128, 0, 0, 0, 0], [2, 0]),
    );
    expect(picture?.image).toMatchObject({ width: 3, height: 1, hotX: 2 });
    expect(readPng(picture?.image.png ?? "")).toEqual({
      width: 3,
      height: 1,
      rgba: [30, 20, 10, 255, 128, 64, 0, 128, 0, 0, 0, 0],
    });
  });

  it("never has colours beyond their range, whatever an application draws", () => {
    const picture = cursorPicture(image(1, 1, [255, 255, 255, 1]));
    expect(readPng(picture?.image.png ?? "").rgba).toEqual([255, 255, 255, 1]);
  });

  it("is none where nothing is to be seen", () => {
    expect(cursorPicture(image(4, 4))).toBeNull();
    expect(cursorPicture(image(0, 0))).toBeNull();
    expect(cursorPicture(image(1, 1, [255, 255, 255, 0]))).toBeNull();
  });

  it("has the same key for the same look, and another for another hot spot", () => {
    const pixels = [1, 2, 3, 255];
    const key = cursorPicture(image(2, 2, pixels))?.key;
    expect(cursorPicture({ ...image(2, 2, pixels), serial: 9 })?.key).toBe(key);
    expect(cursorPicture(image(2, 2, pixels, [1, 0]))?.key).not.toBe(key);
    expect(cursorPicture(image(4, 1, pixels))?.key).not.toBe(key);
  });

  it.each([
    { hot: [0, 0] as const, kept: [0, 0] },
    { hot: [500, 250] as const, kept: [128, 128] },
    { hot: [999, 499] as const, kept: [255, 255] },
  ])("is cut out around the hot spot $hot of a huge one", ({ hot, kept }) => {
    const huge = image(1_000, 500, [], hot);
    huge.pixels.fill(255);
    // The pixel that points is the only one that is not white.
    huge.pixels[(hot[1] * 1_000 + hot[0]) * 4] = 0;
    const picture = cursorPicture(huge);
    expect(picture?.image).toMatchObject({
      width: 256,
      height: 256,
      hotX: kept[0],
      hotY: kept[1],
    });
    const { rgba } = readPng(picture?.image.png ?? "");
    expect(rgba.indexOf(0)).toBe(
      ((kept[1] ?? 0) * 256 + (kept[0] ?? 0)) * 4 + 2,
    );
  });
});
