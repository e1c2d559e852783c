import { describe, expect, it } from "vitest";
import {
  palette,
  seededRandom,
  takeExposures,
  tilePx,
} from "../../fixtures/bench-photograph.ts";

describe("photograph of the video content", () => {
  const [first, second] = takeExposures(2) as [Uint16Array, Uint16Array];

  it("has a colour of the palette in every pixel", () => {
    expect(first).toHaveLength(tilePx * tilePx);
    expect(Math.max(...new Set(first))).toBeLessThan(palette.length);
    expect(new Set(first).size).toBeGreaterThan(palette.length / 4);
  });

  it("differs from exposure to exposure only by grain", () => {
    const luma = (index: number): number => Math.floor(index / 8);
    const steps = Array.from(first, (index, pixel) =>
      Math.abs(luma(index) - luma(second[pixel] ?? 0)),
    );
    expect(steps.filter((step) => step > 0).length).toBeGreaterThan(
      steps.length / 2,
    );
    expect(steps.reduce((most, step) => Math.max(most, step))).toBeLessThan(16);
  });

  it("is the same in every run", () => {
    expect(takeExposures(1)[0]).toEqual(first);
    const random = seededRandom(1);
    expect(random()).toBe(seededRandom(1)());
  });
});
