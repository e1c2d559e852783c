import { expect, test } from "vitest";
import {
  canonicalKeysym,
  keysymToCodePoint,
} from "../../../agent/x11/keysym.ts";

test.each([
  ["a", 0x61],
  ["ß", 0xdf],
  ["č", 0x1e8],
  ["я", 0x6d1],
  ["ω", 0x7f9],
  ["،", 0x5ac],
  ["؟", 0x5bf],
  ["≠", 0x8bd],
  ["∞", 0x8c2],
  ["∨", 0x8df],
  ["←", 0x8fb],
  ["↓", 0x8fe],
  ["℅", 0xab8],
  ["⅛", 0xac3],
  ["⅞", 0xac6],
  ["″", 0xad7],
  ["‚", 0xafd],
  ["„", 0xafe],
  ["€", 0x20ac],
  ["😀", 0x101f600],
])(
  "%s is keysym %i, and the same by its older number and by Unicode",
  (character, keysym) => {
    const codePoint = character.codePointAt(0) ?? 0;
    expect(keysymToCodePoint(keysym)).toBe(codePoint);
    if (codePoint > 0xff)
      expect(canonicalKeysym(keysym)).toBe(0x1000000 + codePoint);
  },
);

// Pages 1 to 3 share letters, as their ISO 8859 parts do.
test("beyond page 3 no two older numbers stand for one character, which would be typed by either", () => {
  const seen = new Map<number, number>();
  for (let keysym = 0x400; keysym < 0x3000; keysym += 1) {
    const codePoint = keysymToCodePoint(keysym);
    if (codePoint === undefined) continue;
    expect([keysym, seen.get(codePoint)]).toEqual([keysym, undefined]);
    seen.set(codePoint, keysym);
  }
});

test.each([0, 0xfe03, 0xff0d, 0xffe1])("%i is no character", (keysym) => {
  expect(keysymToCodePoint(keysym)).toBeUndefined();
});
