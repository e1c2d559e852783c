import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ceilingOf,
  History,
  pathOf,
} from "../../../../client/src/panel/graph-math.ts";

describe("the top of a graph", () => {
  it.each([
    [undefined, 20],
    [0, 20],
    [20, 20],
    [20.1, 50],
    [50, 50],
    [51, 100],
    [100, 100],
    [101, 200],
    [999, 1_000],
    [1_001, 2_000],
    [Number.NaN, 20],
    [Infinity, 20],
  ])("for %d is %d", (largest, ceiling) => {
    expect(ceilingOf(largest)).toBe(ceiling);
  });

  it("is above everything, and not by more than two and a half times", () => {
    fc.assert(
      fc.property(fc.double({ min: 20, max: 1e6, noNaN: true }), (largest) => {
        const ceiling = ceilingOf(largest);
        expect(ceiling).toBeGreaterThanOrEqual(largest);
        expect(ceiling).toBeLessThanOrEqual(largest * 2.5 + 1e-6);
      }),
    );
  });
});

describe("the path of a graph", () => {
  const options = { width: 100, height: 50, ceiling: 100, count: 11 };

  it.each([
    { what: "nothing", samples: [], path: "" },
    { what: "what is not known", samples: [undefined, undefined], path: "" },
    {
      what: "two samples, the newest at the right",
      samples: [0, 100],
      path: "M90 50L100 0",
    },
    {
      what: "one beyond the top, which is cut",
      samples: [400, 50],
      path: "M90 0L100 25",
    },
    { what: "one alone", samples: [100], path: "M100 0L100 0" },
    {
      what: "samples with a gap",
      samples: [0, 0, undefined, 100, 100],
      path: "M60 50L70 50M90 0L100 0",
    },
    {
      what: "one alone between gaps",
      samples: [undefined, 50, undefined],
      path: "M90 25L90 25",
    },
  ])("draws $what", ({ samples, path }) => {
    expect(pathOf(samples, options)).toBe(path);
  });

  it("shows the newest where there are too many, and stays within its area", () => {
    const sample = fc.option(fc.double({ min: 0, max: 500, noNaN: true }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), (samples) => {
        const numbers = pathOf(samples, options).match(/[\d.e+-]+/g) ?? [];
        const points = numbers.map(Number);
        points.forEach((value, index) => {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(index % 2 === 0 ? 100 : 50);
        });
        expect(pathOf(samples.slice(-11), options)).toBe(
          pathOf(samples, options),
        );
      }),
    );
  });
});

describe("the history of samples", () => {
  it("keeps the last ones, and takes what is no measurement as unknown", () => {
    const history = new History(3);
    expect(history.latest).toBeUndefined();
    expect(history.worst).toBeUndefined();
    for (const sample of [90, 1, -1, Number.NaN, 7]) history.add(sample);
    expect(history.samples).toEqual([undefined, undefined, 7]);
    expect(history.latest).toBe(7);
    expect(history.worst).toBe(7);
    history.add(undefined);
    expect(history.latest).toBeUndefined();
    expect(history.worst).toBe(7);
  });
});
