import { expect, test } from "vitest";
import { handTurns } from "../../../agent/demo/clock-face.ts";
import { layoutDesktop, layoutWindow } from "../../../agent/demo/layout.ts";
import { TypedText } from "../../../agent/demo/typed-text.ts";
import {
  cellArea,
  patternColour,
  patternGrid,
} from "../../fixtures/x11-pattern.ts";

const sizes = [
  [1280, 720],
  [1920, 1080],
  [800, 600],
  [3840, 2160],
] as const;

test.each(sizes)("everything fits on a screen of %d × %d", (width, height) => {
  const { window, terminal } = layoutDesktop({ width, height }, true);
  if (!terminal) throw new Error("no terminal");
  expect(window.x + window.width).toBeLessThan(terminal.x);
  expect(terminal.x + terminal.width).toBeLessThanOrEqual(width);
  expect(window.y + window.height).toBeLessThan(height);
  const inner = layoutWindow({ ...window, titleHeight: 24, lineHeight: 22 });
  expect(inner.sentenceY).toBeLessThan(inner.clock.y);
  expect(inner.clock.x + inner.clock.width).toBeLessThan(inner.track.x);
  expect(inner.clock.y + inner.clock.height).toBeLessThan(inner.field.y);
  expect(inner.field.y + inner.field.height).toBeLessThan(window.height);
});

test("takes text, Backspace and Return, and breaks long lines", () => {
  const typed = new TypedText();
  for (const key of ["a", "b", "x", "\b", "\r", "c", "ä", "😀", "\b", "\u001b"])
    typed.type(key);
  expect(typed.lines(5, () => true)).toEqual(["ab", "cä"]);
  expect(typed.lines(5, (line) => line.length <= 1)).toEqual([
    "a",
    "b",
    "c",
    "ä",
  ]);
  expect(typed.lines(1, () => true)).toEqual(["cä"]);
});

test("the hands stand where the time is", () => {
  expect(handTurns(new Date(2020, 0, 1, 15, 30, 15))).toEqual({
    hours: (3 + 30.25 / 60) / 12,
    minutes: 30.25 / 60,
    seconds: 0.25,
  });
});

test("the pattern has a colour for each cell, covers the screen, and differs between neighbours", () => {
  const colours = new Set<number>();
  let area = 0;
  const channels = (colour: number): number[] => [
    colour >> 16,
    (colour >> 8) & 0xff,
    colour & 0xff,
  ];
  for (let row = 0; row < patternGrid.rows; row += 1) {
    for (let column = 0; column < patternGrid.columns; column += 1) {
      const colour = patternColour(column, row);
      colours.add(colour);
      const { width, height } = cellArea(column, row, {
        width: 1366,
        height: 768,
      });
      area += width * height;
      const right = channels(patternColour((column + 1) % 16, row));
      const differences = channels(colour).map((c, i) =>
        Math.abs(c - (right[i] ?? 0)),
      );
      expect(Math.max(...differences)).toBeGreaterThanOrEqual(51);
    }
  }
  expect(colours.size).toBe(144);
  expect(area).toBe(1366 * 768);
});
