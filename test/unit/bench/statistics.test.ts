import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { median, medians } from "../../bench/statistics.ts";

describe("median", () => {
  it("is the middle value, or the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
    expect(median([4])).toBe(4);
    expect(median([])).toBeNaN();
  });

  it("lies within the values, whatever their order, and changes none of them", () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(values, (given) => {
        const kept = [...given];
        const middle = median(given);
        expect(middle).toBeGreaterThanOrEqual(Math.min(...given));
        expect(middle).toBeLessThanOrEqual(Math.max(...given));
        expect(median(given.toReversed())).toBe(middle);
        expect(given).toEqual(kept);
      }),
    );
  });

  it("is taken figure by figure", () => {
    expect(
      medians([
        { a: 1, b: 9 },
        { a: 5, b: 2 },
        { a: 3, b: 4 },
      ]),
    ).toEqual({ a: 3, b: 4 });
  });
});
