import fc from "fast-check";
import { expect, test } from "vitest";
import { handTurns } from "../../../agent/demo/clock-face.ts";
import { layoutDesktop, layoutWindow } from "../../../agent/demo/layout.ts";
import { TypedText } from "../../../agent/demo/typed-text.ts";
import { wrapWords } from "../../../agent/demo/wrap-words.ts";
import type { Rectangle } from "../../../agent/x11/requests.ts";
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
  const inner = layoutWindow({
    ...{ ...window, titleHeight: 24, titleLines: 1 },
    ...{ lineHeight: 22, sentenceLines: 2 },
  });
  const { clock, track } = inner;
  if (!clock || !track) throw new Error("no clock or track");
  expect(inner.sentenceLines).toBe(2);
  expect(inner.sentenceY + 22).toBeLessThan(clock.y);
  expect(clock.x + clock.width).toBeLessThan(track.x);
  expect(clock.y + clock.height).toBeLessThan(inner.labelY - 22);
  expect(inner.field.y + inner.field.height).toBeLessThan(window.height);
});

test.each([
  [600, 340],
  [390, 844],
  [320, 240],
  [844, 390],
])(
  "nothing lies over anything else in the windows of a small screen, %d × %d",
  (width, height) => {
    const { window, terminal } = layoutDesktop({ width, height }, true);
    if (!terminal) throw new Error("no terminal");
    expect(overlap(window, terminal)).toBe(false);
    for (const { x, y, ...size } of [window, terminal]) {
      expect(Math.min(x, y, size.width, size.height)).toBeGreaterThan(0);
      expect(x + size.width).toBeLessThanOrEqual(width);
      expect(y + size.height).toBeLessThanOrEqual(height);
    }
  },
);

const number = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min, max });

test("nothing lies over anything else in a window of any size that has room for a field", () => {
  const options = fc.record({
    ...{ width: number(200, 4_000), height: number(250, 3_000) },
    ...{ titleHeight: number(10, 34), titleLines: number(1, 3) },
    ...{ lineHeight: number(14, 32), sentenceLines: number(1, 12) },
  });
  fc.assert(
    fc.property(options, (given) => {
      const inner = layoutWindow(given);
      const { width, height, lineHeight, titleHeight, titleLines } = given;
      // Room for the title, a label, and a line of the field.
      fc.pre(
        height >
          0.12 * height + 1.35 * titleHeight * titleLines + 6 * lineHeight,
      );
      const { margin, sentenceY, sentenceLines, labelY, field } = inner;
      const inside = width - 2 * margin;
      const sentences = {
        ...{ x: margin, width: inside },
        y: sentenceY - lineHeight,
        height: sentenceLines * lineHeight,
      };
      const label = {
        ...{ x: margin, y: labelY - lineHeight, width: inside },
        height: lineHeight,
      };
      const places = [sentences, inner.clock, inner.track, label, field].filter(
        (place) => place !== undefined,
      );
      expect(sentenceLines).toBeLessThanOrEqual(given.sentenceLines);
      for (const [index, place] of places.entries()) {
        expect(place.x).toBeGreaterThanOrEqual(0);
        expect(place.x + place.width).toBeLessThanOrEqual(width);
        expect(place.y + place.height).toBeLessThanOrEqual(height);
        for (const other of places.slice(index + 1))
          expect(overlap(place, other)).toBe(false);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("breaks sentences between words, and words that are too long", () => {
  const fits = (line: string): boolean => line.length <= 9;
  expect(wrapWords("one two three", fits)).toEqual(["one two", "three"]);
  expect(wrapWords("a verylongword b", fits)).toEqual([
    "a",
    "verylongw",
    "ord b",
  ]);
  expect(wrapWords("short", fits)).toEqual(["short"]);
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

function overlap(one: Rectangle, other: Rectangle): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}
