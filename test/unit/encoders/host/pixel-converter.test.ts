import { describe, expect, it } from "vitest";
import {
  NativeLibrary,
  viewMemory,
} from "../../../../encoders/gstreamer-library.ts";
import { frameLayout } from "../../../../encoders/host/frame-layout.ts";
import { PixelConverter } from "../../../../encoders/host/pixel-converter.ts";

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

/** BT.709 in limited range, by the book: ITU-R BT.709-6, section 3. */
function reference(pixels: Uint8Array, x: number, y: number): number[] {
  const at = y * stride + x * 4;
  const [b, g, r] = [0, 1, 2].map(
    (channel) => (pixels[at + channel] ?? 0) / 255,
  );
  const luma = 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
  return [
    16 + 219 * luma,
    128 + (224 * ((b ?? 0) - luma)) / 1.8556,
    128 + (224 * ((r ?? 0) - luma)) / 1.5748,
  ];
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
            reference(pixels, x, y)[0] ?? 0,
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
