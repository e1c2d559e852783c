import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  pictureBox,
  toPagePoint,
  toRemotePoint,
} from "../../../client/src/geometry.ts";

const hd = { width: 1280, height: 720 };

function at(
  x: number,
  y: number,
  element: { left: number; top: number; width: number; height: number },
  screen = hd,
  video = screen,
) {
  return toRemotePoint({ client: { x, y }, element, video, screen });
}

describe("where the picture is", () => {
  it("leaves bars above and below in a tall box", () => {
    expect(
      pictureBox({ left: 0, top: 0, width: 390, height: 844 }, hd),
    ).toEqual({ left: 0, top: 312.3125, width: 390, height: 219.375 });
  });

  it("leaves bars at the sides in a wide box", () => {
    expect(
      pictureBox({ left: 10, top: 20, width: 2000, height: 720 }, hd),
    ).toEqual({ left: 370, top: 20, width: 1280, height: 720 });
  });
});

describe("the pixel under the pointer", () => {
  const same = { left: 0, top: 0, ...hd };

  it("is the pointer's own position at 1:1, also between pixels", () => {
    expect(at(0, 0, same)).toEqual({ x: 0, y: 0, inside: true });
    expect(at(639, 359, same)).toEqual({ x: 639, y: 359, inside: true });
    expect(at(639.9, 359.5, same)).toEqual({ x: 639, y: 359, inside: true });
    expect(at(1279, 719, same)).toEqual({ x: 1279, y: 719, inside: true });
  });

  it("doubles where the picture is shown at half its size", () => {
    const half = { left: 0, top: 0, width: 640, height: 360 };
    expect(at(100, 50, half)).toEqual({ x: 200, y: 100, inside: true });
    expect(at(100.5, 50.5, half)).toEqual({ x: 201, y: 101, inside: true });
  });

  it("is the nearest one, and outside, beside the picture", () => {
    const tall = { left: 0, top: 0, width: 1280, height: 1000 };
    expect(at(640, 100, tall)).toEqual({ x: 640, y: 0, inside: false });
    expect(at(640, 999, tall)).toEqual({ x: 640, y: 719, inside: false });
    expect(at(1280, 500, tall)).toEqual({ x: 1279, y: 360, inside: false });
  });

  it("is exact where the encoder rounded an odd screen to even", () => {
    const box = { left: 0, top: 0, width: 1366, height: 768 };
    const screen = { width: 1365, height: 767 };
    const video = { width: 1366, height: 768 };
    expect(at(700, 700, box, screen, video)).toEqual({
      x: 700,
      y: 700,
      inside: true,
    });
  });

  it("belongs to the screen where the video is a smaller copy of it", () => {
    const box = { left: 0, top: 0, width: 960, height: 540 };
    const screen = { width: 1920, height: 1080 };
    const video = { width: 960, height: 540 };
    expect(at(480, 270, box, screen, video)).toEqual({
      x: 960,
      y: 540,
      inside: true,
    });
  });

  it("is unknown while a size is", () => {
    expect(at(1, 1, same, hd, { width: 0, height: 0 })).toBeUndefined();
    expect(at(1, 1, { left: 0, top: 0, width: 0, height: 9 })).toBeUndefined();
  });

  it("is found from the centre of where any pixel is shown", () => {
    const length = fc.integer({ min: 2, max: 4_000 });
    const boxLength = fc.double({ min: 100, max: 4_000, noNaN: true });
    const place = fc.double({ min: 0, max: 500, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({ width: length, height: length }),
        fc.record({
          left: place,
          top: place,
          width: boxLength,
          height: boxLength,
        }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (screen, element, share) => {
          const pixel = {
            x: Math.floor(screen.width * share),
            y: Math.floor(screen.height * share),
          };
          const box = pictureBox(element, screen);
          const point = at(
            box.left + ((pixel.x + 0.5) * box.width) / screen.width,
            box.top + ((pixel.y + 0.5) * box.height) / screen.height,
            element,
            screen,
          );
          expect(point).toEqual({ ...pixel, inside: true });
          const shown = toPagePoint({
            point: pixel,
            element,
            video: screen,
            screen,
          });
          expect(shown).toBeDefined();
          expect(at(shown?.x ?? 0, shown?.y ?? 0, element, screen)).toEqual({
            ...pixel,
            inside: true,
          });
        },
      ),
    );
  });
});
