import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clockValueAt, encodeBarcode } from "../../bench/latency/barcode.ts";
import { percentile, readFrames } from "../../bench/latency/readings.ts";

const startMs = 1_700_000_000_000;

function frame(drawnMs: number, presentedMs: number) {
  return {
    word: encodeBarcode(clockValueAt(startMs + drawnMs)),
    unixMs: startMs + presentedMs,
  };
}

describe("reading presented frames", () => {
  it("counts a picture when it is first seen", () => {
    const { latenciesMs } = readFrames([
      frame(0, 20),
      frame(0, 36),
      frame(50, 75),
    ]);
    expect(latenciesMs).toEqual([20, 25]);
  });

  it("counts torn pictures apart and goes on", () => {
    const torn = { word: frame(0, 20).word ^ 1, unixMs: startMs + 30 };
    const { latenciesMs, unreadable } = readFrames([
      frame(0, 20),
      torn,
      frame(0, 36),
      frame(50, 80),
    ]);
    expect(latenciesMs).toEqual([20, 30]);
    expect(unreadable).toBe(1);
  });

  it.each([
    ["from the future", 100, 90],
    ["older than ten seconds", 0, 10_001],
  ])("refuses a picture %s", (_, drawnMs, presentedMs) => {
    const readings = readFrames([frame(drawnMs, presentedMs)]);
    expect(readings).toEqual({ latenciesMs: [], unreadable: 1 });
  });
});

describe("percentile", () => {
  it("is the nearest rank", () => {
    const values = [15, 20, 35, 40, 50];
    const found = [5, 30, 40, 50, 95, 100].map((percent) =>
      percentile(values, percent),
    );
    expect(found).toEqual([15, 20, 20, 35, 50, 50]);
  });

  it("leaves at most the rest of the values above it, in any order", () => {
    const values = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
    const percents = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(values, percents, (some, percent) => {
        const found = percentile(some, percent);
        const share = (count: number): number => (count / some.length) * 100;
        const notAbove = some.filter((value) => value <= found).length;
        const below = some.filter((value) => value < found).length;
        expect(some).toContain(found);
        expect(share(notAbove)).toBeGreaterThanOrEqual(percent - 1e-9);
        expect(share(below)).toBeLessThan(percent);
      }),
    );
  });

  it("is not a number where there are no values", () => {
    expect(percentile([], 50)).toBeNaN();
  });
});
