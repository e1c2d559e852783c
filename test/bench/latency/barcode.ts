/**
 * The clock that travels through the picture: 20 bits of time and 12 check bits, as black and white cells.
 *
 * A cell is one macroblock (16×16 pixels), at a multiple of 16: its value is in the luma mean of a block, which
 * survives 4:2:0, coarse H.264 quantisation and JPEG. The check bits find pictures that were torn in the middle.
 */

/** Where the cells are on the screen, in pixels. */
export const barcodeLayout = {
  x: 32,
  y: 32,
  columns: 16,
  rows: 2,
  cellPx: 16,
  /** White border around the cells. */
  marginPx: 16,
} as const;

/** Steps of the clock in a millisecond. */
const ticksPerMs = 10;
const valueBits = 20;
const checkBits = 12;
/** The clock starts again from 0 after this many ticks, about 105 s. */
const wrapTicks = 2 ** valueBits;
// CRC-12: x^12 + x^11 + x^3 + x^2 + x + 1.
const polynomial = 0x80f;
const checkMask = 2 ** checkBits - 1;

/** The clock at a Unix time, an integer from 0 to 2^20 − 1. */
export function clockValueAt(unixMs: number): number {
  return Math.floor(unixMs * ticksPerMs) % wrapTicks;
}

/** The barcode of a clock value as 32 bits; bit 31 is the cell in the upper left, then row by row. */
export function encodeBarcode(value: number): number {
  return ((value << checkBits) | checkOf(value)) >>> 0;
}

/** The clock value in a barcode, or `undefined` where the check bits do not fit. */
export function decodeBarcode(word: number): number | undefined {
  const value = word >>> checkBits;
  return checkOf(value) === (word & checkMask) ? value : undefined;
}

/** Whether each cell is white, row by row. */
export function barcodeCells(word: number): boolean[] {
  const bits = valueBits + checkBits;
  return Array.from(
    { length: bits },
    (_, cell) => ((word >>> (bits - 1 - cell)) & 1) === 1,
  );
}

/**
 * Milliseconds from the drawing of a clock value to `unixMs`.
 *
 * Between −52 and 52 s; a negative latency means that the two clocks disagree.
 */
export function latencyMs(value: number, unixMs: number): number {
  const ticks = unixMs * ticksPerMs - value;
  const wrapped = ticks - Math.floor(ticks / wrapTicks) * wrapTicks;
  return (
    (wrapped >= wrapTicks / 2 ? wrapped - wrapTicks : wrapped) / ticksPerMs
  );
}

/** Starts from all ones, so that a black picture is not the time 0. */
function checkOf(value: number): number {
  let remainder = checkMask;
  for (let bit = valueBits - 1; bit >= 0; bit -= 1) {
    const carry = ((remainder >>> (checkBits - 1)) ^ (value >>> bit)) & 1;
    remainder = ((remainder << 1) & checkMask) ^ (carry === 1 ? polynomial : 0);
  }
  return remainder;
}
