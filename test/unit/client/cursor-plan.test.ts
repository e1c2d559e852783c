import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { needsOverlay, planCursor } from "../../../client/src/cursor-plan.ts";

const shape = { width: 24, height: 20, hotX: 3, hotY: 5 };

describe("the plan of a cursor", () => {
  it.each([
    {
      name: "as it came at 1:1",
      scale: 1,
      density: 1,
      hot: [3, 5],
      canvas: [24, 20],
      isUnchanged: true,
    },
    {
      name: "as it came in a smaller picture",
      scale: 0.4,
      density: 1,
      hot: [3, 5],
      canvas: [24, 20],
      isUnchanged: true,
    },
    {
      name: "pixel by pixel on a dense screen",
      scale: 0.5,
      density: 2,
      hot: [2, 3],
      canvas: [25, 21],
      isUnchanged: false,
    },
    {
      name: "doubled where the picture is",
      scale: 1,
      density: 2,
      hot: [4, 6],
      canvas: [50, 42],
      isUnchanged: false,
    },
    {
      name: "at one and a half",
      scale: 1,
      density: 1.5,
      hot: [4, 6],
      canvas: [37, 31],
      isUnchanged: false,
    },
  ])("is $name", ({ scale, density, hot, canvas, isUnchanged }) => {
    const plan = planCursor({ shape, scale, density });
    expect([plan.hot.x, plan.hot.y]).toEqual(hot);
    expect([plan.canvas.width, plan.canvas.height]).toEqual(canvas);
    expect(plan.isUnchanged).toBe(isUnchanged);
  });

  it("has its hot spot in whole CSS pixels, within half a device pixel of the true one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 255 }),
        fc.double({ min: 0.1, max: 4, noNaN: true }),
        fc.constantFrom(1, 1.25, 1.5, 1.75, 2, 2.625, 3),
        (hotX, scale, density) => {
          const plan = planCursor({
            shape: { width: 256, height: 256, hotX, hotY: 0 },
            scale,
            density,
          });
          expect(Number.isInteger(plan.hot.x)).toBe(true);
          const unit = plan.drawn.width / 256;
          const middle = plan.drawn.left + (hotX + 0.5) * unit - 0.5;
          // Half a pixel for the place, and as much for the rounded width.
          expect(Math.abs(plan.hot.x * density - middle)).toBeLessThan(1.01);
          expect(plan.drawn.left).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe("a cursor is drawn by the page", () => {
  const viewport = { width: 1_000, height: 800 };
  const plan = (side: number) =>
    planCursor({
      shape: { width: side, height: side, hotX: 0, hotY: 0 },
      scale: 1,
      density: 1,
    });

  it.each([
    { side: 32, at: { x: 999, y: 799 }, overlay: false },
    { side: 33, at: { x: 500, y: 400 }, overlay: false },
    { side: 33, at: { x: 967, y: 400 }, overlay: false },
    { side: 33, at: { x: 968, y: 400 }, overlay: true },
    { side: 33, at: { x: 500, y: 768 }, overlay: true },
    { side: 128, at: { x: 500, y: 400 }, overlay: false },
    { side: 129, at: { x: 500, y: 400 }, overlay: true },
    { side: 64, at: undefined, overlay: false },
  ])("of $side pixels at $at: $overlay", ({ side, at, overlay }) => {
    expect(needsOverlay(plan(side), at, viewport)).toBe(overlay);
  });
});
