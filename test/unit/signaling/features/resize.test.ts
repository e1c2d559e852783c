import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  resizeFeature,
  type ResizableScreen,
  type ScreenWish,
} from "../../../../signaling/features/resize.ts";
import { fitScreen } from "../../../../signaling/protocol/resize.ts";
import { parseClientMessage } from "../../../../signaling/protocol.ts";
import { FakeViewerSide } from "../../../fakes/viewer-side.ts";

const limits = {
  min: { width: 320, height: 240 },
  max: { width: 3_840, height: 2_160 },
};

describe("the screen for a wish", () => {
  it.each([
    { wish: [1_280, 720], screen: [1_280, 720], scale: 1, isBounded: false },
    { wish: [1_281, 719], screen: [1_280, 718], scale: 1, isBounded: false },
    { wish: [320, 240], screen: [320, 240], scale: 1, isBounded: false },
    { wish: [321, 241], screen: [320, 240], scale: 1, isBounded: false },
    { wish: [319, 239], screen: [320, 240], scale: 1, isBounded: false },
    { wish: [100, 100], screen: [320, 240], scale: 1, isBounded: true },
    { wish: [1, 1], screen: [320, 240], scale: 1, isBounded: true },
    { wish: [2_000, 100], screen: [2_000, 240], scale: 1, isBounded: true },
    {
      wish: [3_840, 2_160],
      screen: [3_840, 2_160],
      scale: 1,
      isBounded: false,
    },
    {
      wish: [3_841, 2_161],
      screen: [3_838, 2_160],
      scale: 0.9995,
      isBounded: true,
    },
    {
      wish: [7_680, 4_320],
      screen: [3_840, 2_160],
      scale: 0.5,
      isBounded: true,
    },
    {
      wish: [5_120, 1_440],
      screen: [3_840, 1_080],
      scale: 0.75,
      isBounded: true,
    },
    {
      wish: [2_160, 4_320],
      screen: [1_080, 2_160],
      scale: 0.5,
      isBounded: true,
    },
    { wish: [65_535, 1], screen: [3_840, 240], scale: 0.0586, isBounded: true },
  ])("$wish is $screen", ({ wish, screen, scale, isBounded }) => {
    const [width = 0, height = 0] = wish;
    const fitted = fitScreen({ width, height }, limits);
    expect([fitted.width, fitted.height]).toEqual(screen);
    expect(fitted.scale).toBeCloseTo(scale, 3);
    expect(fitted.isBounded).toBe(isBounded);
  });

  it("is even and within bounds whatever the wish, and stays when it is wished itself", () => {
    const side = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const screen = fitScreen({ width, height }, limits);
        expect(screen.width % 2).toBe(0);
        expect(screen.height % 2).toBe(0);
        expect(screen.width).toBeGreaterThanOrEqual(limits.min.width);
        expect(screen.height).toBeGreaterThanOrEqual(limits.min.height);
        expect(screen.width).toBeLessThanOrEqual(limits.max.width);
        expect(screen.height).toBeLessThanOrEqual(limits.max.height);
        expect(fitScreen(screen, limits)).toMatchObject({
          width: screen.width,
          height: screen.height,
          isBounded: false,
        });
      }),
    );
  });
});

class FakeScreen implements ResizableScreen {
  readonly limits = limits;
  readonly wishes: ScreenWish[] = [];
  failure: Error | undefined;

  resize(wish: ScreenWish): Promise<void> {
    this.wishes.push(wish);
    return this.failure === undefined
      ? Promise.resolve()
      : Promise.reject(this.failure);
  }
}

const resize = {
  type: "resize",
  width: 7_680,
  height: 4_320,
  devicePixelRatio: 2,
} as const;

describe("the feature", () => {
  test("says the bounds at once, and gives the screen the nearest size", () => {
    const screen = new FakeScreen();
    const viewer = new FakeViewerSide();
    const feature = resizeFeature(screen)(viewer);
    expect(viewer.sent).toEqual([{ type: "screen-limits", ...limits }]);
    feature.handlers.resize?.(resize);
    // Half of the pixels, and a desktop drawn half as large on them.
    expect(screen.wishes).toEqual([{ width: 3_840, height: 2_160, scale: 1 }]);
  });

  test("refuses a viewer who only looks", () => {
    const screen = new FakeScreen();
    const viewer = new FakeViewerSide("viewer");
    resizeFeature(screen)(viewer).handlers.resize?.(resize);
    expect(screen.wishes).toEqual([]);
    expect(viewer.reports).toEqual(["not-allowed"]);
  });

  test("leaves the screen to the one in control, without a word to the others", () => {
    const screen = new FakeScreen();
    const viewer = new FakeViewerSide();
    const feature = resizeFeature(screen)(viewer);
    viewer.controls = false;
    feature.handlers.resize?.(resize);
    expect(screen.wishes).toEqual([]);
    expect(viewer.reports).toEqual([]);
  });

  test("tells of a size that the display does not take, unless the viewer has left", async () => {
    const screen = new FakeScreen();
    screen.failure = new Error("refused");
    const viewer = new FakeViewerSide();
    const feature = resizeFeature(screen)(viewer);
    feature.handlers.resize?.(resize);
    await Promise.resolve();
    await Promise.resolve();
    expect(viewer.sent.at(-1)).toEqual({ type: "resize-failed" });
    feature.handlers.resize?.(resize);
    feature.close();
    feature.close();
    await Promise.resolve();
    await Promise.resolve();
    expect(viewer.sent).toHaveLength(2);
  });
});

test.each([
  { width: 0 },
  { width: 1.5 },
  { height: -1 },
  { height: 65_536 },
  { devicePixelRatio: 0 },
  { devicePixelRatio: 17 },
  { devicePixelRatio: "2" },
  { extra: 1 },
])("a wish with %o is no message", (wrong) => {
  expect(parseClientMessage(JSON.stringify(resize)).ok).toBe(true);
  expect(parseClientMessage(JSON.stringify({ ...resize, ...wrong })).ok).toBe(
    false,
  );
});
