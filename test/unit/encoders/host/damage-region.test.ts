import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DamageRegion, tile } from "../../../../encoders/host/damage-region.ts";

const size = { width: 200, height: 100 };

function runsOf(region: DamageRegion): number[][] {
  const runs: number[][] = [];
  region.forEachRun((...run) => runs.push(run));
  return runs;
}

describe("a damage region", () => {
  it("is empty at first and after it was cleared", () => {
    const region = new DamageRegion(size);
    expect(region.isEmpty).toBe(true);
    region.add({ x: 3, y: 3, width: 1, height: 1 });
    expect(region.isEmpty).toBe(false);
    region.clear();
    expect(region.isEmpty).toBe(true);
    expect(runsOf(region)).toEqual([]);
    expect(region.band).toEqual({ top: 0, bottom: 0 });
  });

  it("makes one run of neighbouring tiles", () => {
    const region = new DamageRegion(size);
    region.add({ x: 31, y: 15, width: 2, height: 2 });
    expect(runsOf(region)).toEqual([
      [0, 0, 64, 16],
      [0, 16, 64, 16],
    ]);
  });

  it("cuts runs and band at the edge of the picture", () => {
    const region = new DamageRegion(size);
    region.add({ x: 190, y: 97, width: 500, height: 500 });
    expect(runsOf(region)).toEqual([[160, 96, 40, 4]]);
    expect(region.band).toEqual({ top: 96, bottom: 100 });
  });

  it("ignores what lies outside of the picture", () => {
    const region = new DamageRegion(size);
    region.add({ x: 200, y: 0, width: 10, height: 10 });
    region.add({ x: -20, y: 0, width: 20, height: 10 });
    region.add({ x: 0, y: 5, width: 10, height: 0 });
    expect(region.isEmpty).toBe(true);
  });

  it("knows whether rows hold all of it", () => {
    const region = new DamageRegion(size);
    region.add({ x: 0, y: 20, width: 5, height: 5 });
    expect(region.isWithin({ top: 16, bottom: 32 })).toBe(true);
    expect(region.isWithin({ top: 17, bottom: 32 })).toBe(false);
    expect(region.isWithin({ top: 0, bottom: 31 })).toBe(false);
  });

  const rectangle = fc.record({
    x: fc.integer({ min: -50, max: 250 }),
    y: fc.integer({ min: -50, max: 150 }),
    width: fc.integer({ min: 0, max: 120 }),
    height: fc.integer({ min: 0, max: 120 }),
  });

  it("covers every pixel that was added, and no tile that was not touched", () => {
    fc.assert(
      fc.property(fc.array(rectangle, { maxLength: 6 }), (rectangles) => {
        const region = new DamageRegion(size);
        const other = new DamageRegion(size);
        for (const [index, some] of rectangles.entries()) {
          (index % 2 === 0 ? region : other).add(some);
        }
        region.addAll(other);
        const covered = new Set<number>();
        region.forEachRun((x, y, width, height) => {
          for (let row = y; row < y + height; row += 1) {
            for (let column = x; column < x + width; column += 1) {
              covered.add(row * size.width + column);
            }
          }
        });
        for (let y = 0; y < size.height; y += 1) {
          for (let x = 0; x < size.width; x += 1) {
            const tileX = x - (x % tile.width);
            const tileY = y - (y % tile.height);
            const isTouched = rectangles.some(
              (r) =>
                r.width > 0 &&
                r.height > 0 &&
                Math.max(r.x, tileX, 0) <
                  Math.min(r.x + r.width, tileX + tile.width, size.width) &&
                Math.max(r.y, tileY, 0) <
                  Math.min(r.y + r.height, tileY + tile.height, size.height),
            );
            if (covered.has(y * size.width + x) !== isTouched) return false;
          }
        }
        return true;
      }),
      { numRuns: 30 },
    );
  });
});
