import { describe, expect, it } from "vitest";
import {
  NativeLibrary,
  viewMemory,
} from "../../../../encoders/gstreamer-library.ts";
import { frameLayout } from "../../../../encoders/host/frame-layout.ts";
import type { ColourMatrix } from "../../../../encoders/video-encoding.ts";
import { PixelConverter } from "../../../../encoders/host/pixel-converter.ts";

type Colour = [number, number, number];

const libc = NativeLibrary.ofProcess().bind<{
  allocate: (count: number, bytes: number) => bigint;
}>({ allocate: "void* calloc(size_t, size_t)" });

const size = { width: 64, height: 32 };
const stride = size.width * 4;

function picture(): { address: bigint; pixels: Uint8Array } {
  const address = libc.allocate(1, stride * size.height);
  const pixels = new Uint8Array(viewMemory(address, stride * size.height));
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = (at * 7919) >> 4;
  return { address, pixels };
}

/** Weights of red and blue in luma: ITU-R BT.709-6, section 3, and BT.601-7, section 2.5. */
const weights = {
  bt709: { red: 0.2126, blue: 0.0722 },
  bt601: { red: 0.299, blue: 0.114 },
};

/** Limited range by the book. */
function toYcbcr([r, g, b]: Colour, matrix: ColourMatrix): Colour {
  const { red, blue } = weights[matrix];
  const luma = red * r + (1 - red - blue) * g + blue * b;
  return [
    16 + (219 * luma) / 255,
    128 + (224 * (b - luma)) / 255 / (2 - 2 * blue),
    128 + (224 * (r - luma)) / 255 / (2 - 2 * red),
  ];
}

/** And back, as an exact decoder would. */
function toRgb([y, cb, cr]: Colour, matrix: ColourMatrix): Colour {
  const { red, blue } = weights[matrix];
  const luma = ((y - 16) * 255) / 219;
  const b = luma + (((cb - 128) * 255) / 224) * (2 - 2 * blue);
  const r = luma + (((cr - 128) * 255) / 224) * (2 - 2 * red);
  return [r, (luma - red * r - blue * b) / (1 - red - blue), b];
}

function reference(pixels: Uint8Array, x: number, y: number): Colour {
  const at = y * stride + x * 4;
  const channel = (offset: number): number => pixels[at + offset] ?? 0;
  return toYcbcr([channel(2), channel(1), channel(0)], "bt709");
}

/** Mean of a plane's reference over a block of 2 × 2. */
function meanOf(
  pixels: Uint8Array,
  x: number,
  y: number,
  plane: number,
): number {
  const values = [0, 1].flatMap((dy) =>
    [0, 1].map((dx) => reference(pixels, x + dx, y + dy)[plane] ?? 0),
  );
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("the conversion of pixels", () => {
  it.each(["I420", "NV12"] as const)(
    "to %s is BT.709 within 2 of 255",
    (format) => {
      const { address, pixels } = picture();
      const layout = frameLayout(format, size);
      const target = libc.allocate(1, layout.bytes);
      const frame = new Uint8Array(viewMemory(target, layout.bytes));
      new PixelConverter(layout).convert(
        { address, stride },
        target,
        0,
        0,
        size.width,
        size.height,
      );
      const [luma, first, second] = layout.planes;
      const step = format === "NV12" ? 2 : 1;
      for (let y = 0; y < size.height; y += 2) {
        for (let x = 0; x < size.width; x += 2) {
          const chromaAt =
            (first?.offset ?? 0) +
            (y / 2) * (first?.stride ?? 0) +
            (x / 2) * step;
          const cr =
            format === "NV12"
              ? chromaAt + 1
              : chromaAt - (first?.offset ?? 0) + (second?.offset ?? 0);
          const actual = [
            frame[y * (luma?.stride ?? 0) + x],
            frame[chromaAt],
            frame[cr],
          ];
          const expected = [
            reference(pixels, x, y)[0],
            meanOf(pixels, x, y, 1),
            meanOf(pixels, x, y, 2),
          ];
          for (const [plane, value] of expected.entries()) {
            expect(
              Math.abs((actual[plane] ?? -99) - value),
            ).toBeLessThanOrEqual(2);
          }
        }
      }
    },
  );

  it("touches nothing outside of its rectangle", () => {
    const { address } = picture();
    const layout = frameLayout("I420", size);
    const target = libc.allocate(1, layout.bytes);
    const frame = new Uint8Array(viewMemory(target, layout.bytes));
    frame.fill(1);
    new PixelConverter(layout).convert(
      { address, stride },
      target,
      32,
      16,
      32,
      16,
    );
    let changed = 0;
    for (let y = 0; y < size.height; y += 1) {
      for (let x = 0; x < size.width; x += 1) {
        if (frame[y * size.width + x] === 1) continue;
        changed += 1;
        expect(x >= 32 && y >= 16).toBe(true);
      }
    }
    expect(changed).toBe(32 * 16);
  });

  it("keeps black black, white white and grey without colour", () => {
    const { address, pixels } = picture();
    const layout = frameLayout("I420", size);
    const target = libc.allocate(1, layout.bytes);
    const frame = new Uint8Array(viewMemory(target, layout.bytes));
    const converter = new PixelConverter(layout);
    for (const [value, luma] of [
      [0, 16],
      [255, 235],
      [128, 126],
    ] as const) {
      pixels.fill(value);
      converter.convert({ address, stride }, target, 0, 0, 64, 32);
      expect(frame[0]).toBe(luma);
      expect(
        [...frame.subarray(64 * 32)].every((sample) => sample === 128),
      ).toBe(true);
    }
  });

  it.each([
    ["I420", "bt709"],
    ["I420", "bt601"],
    ["NV12", "bt709"],
    ["NV12", "bt601"],
  ] as const)(
    "to %s by %s gives flat colours back within 2 of 255",
    (format, matrix) => {
      const { address, pixels } = picture();
      const layout = frameLayout(format, size, matrix);
      const target = libc.allocate(1, layout.bytes);
      const frame = new Uint8Array(viewMemory(target, layout.bytes));
      const converter = new PixelConverter(layout);
      const [, first, second] = layout.planes;
      const cbAt = first?.offset ?? 0;
      const crAt = second?.offset ?? cbAt + 1;
      const steps = [0, 1, 51, 85, 127, 128, 170, 204, 254, 255];
      for (const r of steps) {
        for (const g of steps) {
          for (const b of steps) {
            for (let at = 0; at < pixels.length; at += 4)
              pixels.set([b, g, r, 0xa5], at);
            converter.convert({ address, stride }, target, 0, 0, 32, 2);
            const seen: Colour = [
              frame[0] ?? 0,
              frame[cbAt] ?? 0,
              frame[crAt] ?? 0,
            ];
            const exact = toYcbcr([r, g, b], matrix);
            const back = toRgb(seen, matrix);
            for (const [channel, value] of [r, g, b].entries()) {
              const what = `${[r, g, b].join()} as ${seen.join()}`;
              // Half a step is what rounding costs, a fiftieth the arithmetic.
              expect(
                Math.abs((seen[channel] ?? 0) - (exact[channel] ?? 0)),
                what,
              ).toBeLessThanOrEqual(0.52);
              expect(
                Math.abs((back[channel] ?? 0) - value),
                what,
              ).toBeLessThanOrEqual(2);
            }
          }
        }
      }
    },
  );

  it("to BGRx is a copy", () => {
    const { address, pixels } = picture();
    const layout = frameLayout("BGRx", size);
    const target = libc.allocate(1, layout.bytes);
    new PixelConverter(layout).convert(
      { address, stride },
      target,
      0,
      0,
      64,
      32,
    );
    expect(new Uint8Array(viewMemory(target, layout.bytes))).toEqual(pixels);
  });
});
