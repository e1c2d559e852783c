/**
 * How pixels of a frame lie in memory: GStreamer's own layout, so that a buffer needs no description of it
 * (gst-plugins-base, "Raw Video Media Types").
 */
import type { ColourMatrix } from "../video-encoding.ts";
import type { Size } from "./geometry.ts";

/** Formats the host makes. `BGRx` is what the X server draws. */
export const pixelFormats = ["I420", "NV12", "BGRx"] as const;
export type PixelFormat = (typeof pixelFormats)[number];

/** One plane of a frame, in bytes. */
export interface Plane {
  offset: number;
  stride: number;
}

/** A frame in memory. */
export interface FrameLayout {
  format: PixelFormat;
  size: Size;
  /** Of YCbCr; without meaning for `BGRx`. */
  matrix: ColourMatrix;
  planes: readonly Plane[];
  bytes: number;
}

/** The layout of `size` in `format`; `size` is even. */
export function frameLayout(
  format: PixelFormat,
  size: Size,
  matrix: ColourMatrix = "bt709",
): FrameLayout {
  const { width, height } = size;
  const stride = roundUp4(format === "BGRx" ? width * 4 : width);
  const first: Plane = { offset: 0, stride };
  const firstBytes = stride * height;
  switch (format) {
    case "BGRx":
      return { format, size, matrix, planes: [first], bytes: firstBytes };
    case "NV12":
      return {
        format,
        size,
        matrix,
        planes: [first, { offset: firstBytes, stride }],
        bytes: firstBytes + (stride * height) / 2,
      };
    case "I420": {
      const chromaStride = roundUp4(width / 2);
      const chromaBytes = (chromaStride * height) / 2;
      return {
        format,
        size,
        matrix,
        planes: [
          first,
          { offset: firstBytes, stride: chromaStride },
          { offset: firstBytes + chromaBytes, stride: chromaStride },
        ],
        bytes: firstBytes + 2 * chromaBytes,
      };
    }
  }
}

/**
 * The caps of such frames. The frame rate is nominal: with `0/1` x264enc holds one frame back.
 * Y′CbCr is in limited range with the layout's matrix, as `pixel-converter.ts` makes it.
 */
export function frameCaps(layout: FrameLayout, nominalFps: number): string {
  const { format, size, matrix } = layout;
  const caps = `video/x-raw,format=${format},width=${size.width},height=${size.height},framerate=${nominalFps}/1,pixel-aspect-ratio=1/1,interlace-mode=progressive`;
  return format === "BGRx"
    ? `${caps},colorimetry=sRGB`
    : `${caps},colorimetry=${matrix},chroma-site=jpeg`;
}

function roundUp4(value: number): number {
  return (value + 3) & ~3;
}
