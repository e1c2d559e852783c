import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareLuma,
  highestPsnrDb,
  lumaOfBgrx,
  psnrDb,
  type LumaPicture,
} from "../../bench/encode/picture-metrics.ts";

function picture(
  width: number,
  height: number,
  lumaAt: (x: number, y: number) => number,
  stride = width,
): LumaPicture {
  const luma = new Uint8Array(stride * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) luma[y * stride + x] = lumaAt(x, y);
  return { width, height, stride, luma };
}

const whole = { x: 0, y: 0, width: 16, height: 16 };

describe("PSNR", () => {
  it("has the values of its definition", () => {
    // 10 log10(255² / MSE)
    expect(psnrDb(1)).toBeCloseTo(48.1308, 4);
    expect(psnrDb(255 ** 2)).toBe(0);
    expect(psnrDb(100)).toBeCloseTo(28.1308, 4);
    expect(psnrDb(0)).toBe(highestPsnrDb);
  });

  it("is that of the error of each sample", () => {
    const grey = picture(16, 16, () => 100);
    const brighter = picture(16, 16, () => 110);
    expect(compareLuma(grey, brighter, whole).psnrDb).toBeCloseTo(28.1308, 4);
    // A quarter of the samples is wrong by 20: the same mean squared error.
    const spots = picture(16, 16, (x, y) => ((x % 2) & (y % 2) ? 120 : 100));
    expect(compareLuma(grey, spots, whole).psnrDb).toBeCloseTo(28.1308, 4);
  });
});

describe("SSIM", () => {
  it("is 1 for equal pictures", () => {
    const noise = picture(16, 16, (x, y) => (x * 37 + y * 101) % 256);
    expect(compareLuma(noise, noise, whole).ssim).toBeCloseTo(1, 12);
  });

  it("has the value of its formula for two flat pictures", () => {
    // Without variance the second factor is 1: (2ab + C1) / (a² + b² + C1), C1 = 6.5025.
    const dark = picture(16, 16, () => 50);
    const light = picture(16, 16, () => 100);
    expect(compareLuma(dark, light, whole).ssim).toBeCloseTo(
      10_006.5025 / 12_506.5025,
      10,
    );
  });

  it("has the value of its formula for a checkerboard and its negative", () => {
    // Mean 127.5, variance 127.5², covariance −127.5²: the first factor is 1, C2 = 58.5225.
    const board = picture(16, 16, (x, y) => ((x + y) % 2) * 255);
    const negative = picture(16, 16, (x, y) => ((x + y + 1) % 2) * 255);
    const { ssim } = compareLuma(board, negative, whole);
    expect(ssim).toBeCloseTo((-32_512.5 + 58.5225) / (32_512.5 + 58.5225), 10);
  });

  it("lies between −1 and 1, and does not care which picture is the reference", () => {
    const bytes = fc.uint8Array({ minLength: 256, maxLength: 256 });
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [one, other] = [a, b].map((luma) => ({
          ...{ width: 16, height: 16, stride: 16, luma },
        }));
        if (one === undefined || other === undefined) return;
        const { ssim, psnrDb: psnr } = compareLuma(one, other, whole);
        expect(ssim).toBeGreaterThanOrEqual(-1);
        expect(ssim).toBeLessThanOrEqual(1 + 1e-12);
        const turned = compareLuma(other, one, whole);
        expect(turned.ssim).toBeCloseTo(ssim, 12);
        expect(turned.psnrDb).toBe(psnr);
      }),
    );
  });
});

describe("a region", () => {
  it("is all that is looked at, whatever the strides", () => {
    const reference = picture(24, 24, (x) => (x < 8 ? 0 : 90), 32);
    const received = picture(24, 24, (x) => (x < 8 ? 255 : 90), 24);
    const right = { x: 8, y: 4, width: 16, height: 16 };
    expect(compareLuma(reference, received, right)).toEqual({
      psnrDb: highestPsnrDb,
      ssim: 1,
    });
    expect(compareLuma(reference, received, whole).psnrDb).toBeLessThan(5);
  });
});

describe("luma of BGRx", () => {
  it("is that of the limited range in both matrices", () => {
    // BGRx: black, white, red, green, blue.
    const pixels = Uint8Array.from(
      [
        [0, 0, 0, 0],
        [255, 255, 255, 0],
        [0, 0, 255, 0],
        [0, 255, 0, 0],
        [255, 0, 0, 0],
      ].flat(),
    );
    const size = { width: 5, height: 1 };
    const lumas = (matrix: "bt601" | "bt709"): number[] => [
      ...lumaOfBgrx(pixels, size, matrix).luma,
    ];
    // The values of the colour bars in ITU-R BT.601 and BT.709.
    expect(lumas("bt601")).toEqual([16, 235, 81, 145, 41]);
    expect(lumas("bt709")).toEqual([16, 235, 63, 173, 32]);
  });
});
