/**
 * How alike two pictures are, by their luma: PSNR and SSIM.
 */

/** Luma of a picture, row by row. */
export interface LumaPicture {
  width: number;
  height: number;
  /** Bytes from one row to the next, at least `width`. */
  stride: number;
  luma: Uint8Array;
}

/** A part of a picture, in pixels. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Equal pictures have no error to divide by; beyond this nobody could tell anyway. */
export const highestPsnrDb = 100;
const peak = 255;

/** What two pictures, or parts of them, have in common. */
export interface Likeness {
  /** Peak signal-to-noise ratio, at most {@link highestPsnrDb}. */
  psnrDb: number;
  /** Structural similarity, 1 for equal pictures. */
  ssim: number;
}

/** PSNR and SSIM of `region`, which must lie within both pictures. */
export function compareLuma(
  reference: LumaPicture,
  received: LumaPicture,
  region: Region,
): Likeness {
  return {
    psnrDb: psnrDb(meanSquaredError(reference, received, region)),
    ssim: ssim(reference, received, region),
  };
}

/** PSNR for a mean squared error of 8-bit samples. */
export function psnrDb(meanSquared: number): number {
  if (meanSquared === 0) return highestPsnrDb;
  return Math.min(10 * Math.log10(peak ** 2 / meanSquared), highestPsnrDb);
}

function meanSquaredError(
  a: LumaPicture,
  b: LumaPicture,
  { x, y, width, height }: Region,
): number {
  let sum = 0;
  for (let row = y; row < y + height; row += 1) {
    const [rowA, rowB] = [row * a.stride, row * b.stride];
    for (let column = x; column < x + width; column += 1) {
      const error = (a.luma[rowA + column] ?? 0) - (b.luma[rowB + column] ?? 0);
      sum += error * error;
    }
  }
  return sum / (width * height);
}

/** Windows of 8 × 8 pixels, a step of 4 apart, as video encoders measure it (libvpx, x264). */
const windowPx = 8;
const stepPx = 4;
/** Stabilisers of the 2004 paper by Wang, Bovik, Sheikh and Simoncelli: (0.01 · 255)² and (0.03 · 255)². */
const c1 = (0.01 * peak) ** 2;
const c2 = (0.03 * peak) ** 2;

/** Mean structural similarity of the windows that fit into `region`. */
function ssim(
  a: LumaPicture,
  b: LumaPicture,
  { x, y, width, height }: Region,
): number {
  let sum = 0;
  let windows = 0;
  for (let top = y; top + windowPx <= y + height; top += stepPx) {
    for (let left = x; left + windowPx <= x + width; left += stepPx) {
      sum += windowSsim(a, b, left, top);
      windows += 1;
    }
  }
  return windows === 0 ? NaN : sum / windows;
}

function windowSsim(
  a: LumaPicture,
  b: LumaPicture,
  left: number,
  top: number,
): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let row = top; row < top + windowPx; row += 1) {
    for (let column = left; column < left + windowPx; column += 1) {
      const valueA = a.luma[row * a.stride + column] ?? 0;
      const valueB = b.luma[row * b.stride + column] ?? 0;
      sumA += valueA;
      sumB += valueB;
      sumAA += valueA * valueA;
      sumBB += valueB * valueB;
      sumAB += valueA * valueB;
    }
  }
  const count = windowPx ** 2;
  const [meanA, meanB] = [sumA / count, sumB / count];
  const varianceA = sumAA / count - meanA * meanA;
  const varianceB = sumBB / count - meanB * meanB;
  const covariance = sumAB / count - meanA * meanB;
  return (
    ((2 * meanA * meanB + c1) * (2 * covariance + c2)) /
    ((meanA ** 2 + meanB ** 2 + c1) * (varianceA + varianceB + c2))
  );
}

/** Weights of red, green and blue in luma. */
const lumaWeights = {
  bt601: { red: 0.299, green: 0.587, blue: 0.114 },
  bt709: { red: 0.2126, green: 0.7152, blue: 0.0722 },
} as const;

/**
 * Luma of the limited range (16–235) of a picture in BGRx, by the definition of the matrix (ITU-R BT.601, BT.709):
 * what an encoder is given may differ by its rounding.
 */
export function lumaOfBgrx(
  pixels: Uint8Array,
  size: { width: number; height: number },
  matrix: keyof typeof lumaWeights,
): LumaPicture {
  const { red, green, blue } = lumaWeights[matrix];
  const count = size.width * size.height;
  const luma = new Uint8Array(count);
  for (let pixel = 0; pixel < count; pixel += 1) {
    const at = pixel * 4;
    const light =
      blue * (pixels[at] ?? 0) +
      green * (pixels[at + 1] ?? 0) +
      red * (pixels[at + 2] ?? 0);
    luma[pixel] = Math.round(16 + (219 / 255) * light);
  }
  return { ...size, stride: size.width, luma };
}
