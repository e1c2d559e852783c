import { describe, expect, it } from "vitest";
import {
  boundOf,
  pictureLayout,
  readMode,
  wishOf,
  writeMode,
  type ScreenMode,
  type Stage,
} from "../../../client/src/screen-mode.ts";

const follow = { kind: "follow" } as const;
const scale = { kind: "scale" } as const;
const actual = { kind: "actual" } as const;

function stage(width: number, height: number, density = 1): Stage {
  return {
    size: { width, height },
    device: {
      width: Math.round(width * density),
      height: Math.round(height * density),
    },
    density,
  };
}

describe("a mode that is remembered", () => {
  it.each<ScreenMode>([
    follow,
    scale,
    actual,
    { kind: "fixed", width: 1_920, height: 1_080 },
  ])("is read as it was written: %o", (mode) => {
    expect(readMode(writeMode(mode))).toEqual(mode);
  });

  it.each([null, "", "full", "0x0", "99999x1", "100x", "-5x600", "1e3x600"])(
    "is the default where it is not one: %s",
    (text) => {
      expect(readMode(text)).toEqual(follow);
    },
  );
});

describe("the agent is asked", () => {
  it.each([
    {
      mode: follow,
      at: stage(1_000, 700),
      wish: { width: 1_000, height: 700, devicePixelRatio: 1 },
    },
    {
      mode: follow,
      at: stage(1_000.4, 700, 1.5),
      wish: { width: 1_501, height: 1_050, devicePixelRatio: 1.5 },
    },
    { mode: follow, at: stage(0, 700), wish: undefined },
    {
      mode: follow,
      at: stage(100, 100, 20),
      wish: { width: 2_000, height: 2_000, devicePixelRatio: 16 },
    },
    {
      mode: { kind: "fixed", width: 800, height: 600 } as const,
      at: stage(1_000, 700, 2),
      wish: { width: 800, height: 600, devicePixelRatio: 1 },
    },
    { mode: scale, at: stage(1_000, 700), wish: undefined },
    { mode: actual, at: stage(1_000, 700), wish: undefined },
  ])("in $mode.kind for $wish", ({ mode, at, wish }) => {
    expect(wishOf(mode, at)).toEqual(wish);
  });
});

describe("the picture", () => {
  it.each([
    {
      name: "one of these pixels each",
      mode: follow,
      at: stage(1_280, 720),
      video: [1_280, 720],
      box: [0, 0, 1_280, 720],
    },
    {
      name: "sharp although the window is odd",
      mode: follow,
      at: stage(1_281, 721),
      video: [1_280, 720],
      box: [0, 0, 1_280, 720],
    },
    {
      name: "sharp on a dense screen",
      mode: follow,
      at: stage(640, 360, 2),
      video: [1_280, 720],
      box: [0, 0, 640, 360],
    },
    {
      name: "sharp with bars",
      mode: scale,
      at: stage(1_600, 720),
      video: [1_280, 720],
      box: [160, 0, 1_280, 720],
    },
    {
      name: "as large as fits while the window is another",
      mode: follow,
      at: stage(900, 720),
      video: [1_280, 720],
      box: undefined,
    },
    {
      name: "as large as fits where it is small",
      mode: scale,
      at: stage(1_280, 720),
      video: [640, 360],
      box: undefined,
    },
    {
      name: "at its own size where it is small",
      mode: actual,
      at: stage(1_280, 720),
      video: [640, 360],
      box: [320, 180, 640, 360],
    },
    {
      name: "at its own size where it is large",
      mode: actual,
      at: stage(1_000, 500, 2),
      video: [2_560, 1_440],
      box: [0, 0, 1_280, 720],
    },
    {
      name: "not placed before there is one",
      mode: follow,
      at: stage(1_000, 500),
      video: [0, 0],
      box: undefined,
    },
  ])("is $name", ({ mode, at, video, box }) => {
    const [width = 0, height = 0] = video;
    const placed = pictureLayout(mode, at, { width, height });
    const [left, top, boxWidth, boxHeight] = box ?? [];
    expect(placed).toEqual(
      box === undefined
        ? undefined
        : { left, top, width: boxWidth, height: boxHeight },
    );
  });
});

it("says which bound a wish meets", () => {
  const limits = {
    min: { width: 320, height: 240 },
    max: { width: 1_000, height: 1_000 },
  };
  expect(boundOf({ width: 801, height: 601 }, limits)).toBeUndefined();
  expect(boundOf({ width: 200, height: 600 }, limits)?.kind).toBe("small");
  expect(boundOf({ width: 2_000, height: 600 }, limits)?.kind).toBe("large");
});
