import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  barcodeCells,
  barcodeLayout,
  clockValueAt,
  decodeBarcode,
  encodeBarcode,
  latencyMs,
} from "../../bench/latency/barcode.ts";

const clockValue = fc.integer({ min: 0, max: 2 ** 20 - 1 });
const unixMs = fc.double({ min: 1.6e12, max: 2.5e12, noNaN: true });

describe("barcode", () => {
  it("gives back every clock value", () => {
    fc.assert(
      fc.property(clockValue, (value) => {
        expect(decodeBarcode(encodeBarcode(value))).toBe(value);
      }),
    );
  });

  it("refuses a word with one, two or three wrong cells", () => {
    const wrongCells = fc.uniqueArray(fc.integer({ min: 0, max: 31 }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(clockValue, wrongCells, (value, cells) => {
        const mask = cells.reduce((bits, cell) => bits | (1 << cell), 0);
        const word = (encodeBarcode(value) ^ mask) >>> 0;
        expect(decodeBarcode(word)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses a black and a white picture", () => {
    expect(decodeBarcode(0)).toBeUndefined();
    expect(decodeBarcode(0xffff_ffff)).toBeUndefined();
  });

  it("has one cell for each bit, the highest bit first", () => {
    const { columns, rows } = barcodeLayout;
    expect(barcodeCells(0x8000_0001)).toEqual([
      true,
      ...new Array<boolean>(columns * rows - 2).fill(false),
      true,
    ]);
  });
});

describe("latency of a clock value", () => {
  it("is the time since the value was drawn, to a tenth of a millisecond", () => {
    const age = fc.double({ min: -5, max: 50_000, noNaN: true });
    fc.assert(
      fc.property(unixMs, age, (drawnMs, ageMs) => {
        const found = latencyMs(clockValueAt(drawnMs), drawnMs + ageMs);
        expect(Math.abs(found - ageMs)).toBeLessThanOrEqual(0.11);
      }),
    );
  });

  it("goes on where the clock starts again from 0", () => {
    const wrapMs = 2 ** 20 / 10;
    const lastMs = wrapMs * 1_000_000 - 1;
    expect(clockValueAt(lastMs)).toBe(2 ** 20 - 10);
    expect(latencyMs(clockValueAt(lastMs), lastMs + 21)).toBeCloseTo(21, 2);
  });
});
