import { describe, expect, test } from "vitest";
import {
  canonicalKeysym,
  caseOf,
  isLevelSensitive,
  keysymToCodePoint,
} from "../../../agent/x11/keysym.ts";
import { Keymap, type LevelState } from "../../../agent/x11/keymap.ts";
import { keycodes, testMap } from "../../fixtures/x11-us-mapping.ts";

const none: LevelState = { modifiers: 0, group: 0 };
const [shift, lock, num, level3] = [1, 2, 16, 128];
const free = { on: 0, off: 0 };

describe("keysyms", () => {
  test.each([
    [0x61, "a"],
    [0xe9, "é"],
    [0x1b1, "ą"],
    [0x6c1, "а"],
    [0x6b3, "Ё"],
    [0x7e1, "α"],
    [0x5c7, "ا"],
    [0xce0, "א"],
    [0xda1, "ก"],
    [0x20ac, "€"],
    [0xaa9, "—"],
    [0xffb7, "7"],
    [0x0101_f600, "😀"],
  ])("0x%s is %s", (keysym, character) => {
    expect(String.fromCodePoint(keysymToCodePoint(keysym) ?? 0)).toBe(
      character,
    );
  });

  test.each([0xff0d, 0xffe1, 0xfe51, 0x1008_ff13])(
    "0x%s is no character",
    (keysym) => {
      expect(keysymToCodePoint(keysym)).toBeUndefined();
    },
  );

  test("two keysyms of one character are one", () => {
    expect(canonicalKeysym(0x6c1)).toBe(canonicalKeysym(0x0100_0430));
    expect(canonicalKeysym(0xffb7)).not.toBe(canonicalKeysym(0x37));
  });

  test.each([
    [0x41, { lower: 0x61, upper: 0x41 }],
    [0x6c1, { lower: 0x6c1, upper: 0x6e1 }],
    [0x0100_0430, { lower: 0x6c1, upper: 0x6e1 }],
    [0xff, { lower: 0xff, upper: 0x13be }],
    [0x0100_1ebf, { lower: 0x0100_1ebf, upper: 0x0100_1ebe }],
    [0xdf, undefined],
    [0xb5, undefined],
    [0x31, undefined],
    [0xffe1, undefined],
  ])("the cases of 0x%s", (keysym, cases) => {
    expect(caseOf(keysym)).toEqual(cases);
  });

  test("the level matters for characters, not for function keys", () => {
    expect(
      [0x61, 0x20ac, 0x0101_f600, 0xfe51, 0xffb7].map(isLevelSensitive),
    ).toEqual([true, true, true, true, true]);
    expect(
      [0xff09, 0xffe1, 0xff51, 0x1008_ff13, 0xfe03].map(isLevelSensitive),
    ).toEqual([false, false, false, false, false]);
  });
});

describe("finding the key of a keysym", () => {
  const us = new Keymap(testMap());
  const german = new Keymap(testMap({ level3: true }));

  test.each([
    ["a", us, 0x61, none, { keycode: keycodes.a, ...free }],
    [
      "A without Shift",
      us,
      0x41,
      none,
      { keycode: keycodes.a, ...free, on: shift },
    ],
    [
      "A with Shift",
      us,
      0x41,
      { ...none, modifiers: shift },
      { keycode: keycodes.a, ...free },
    ],
    [
      "a with Shift",
      us,
      0x61,
      { ...none, modifiers: shift },
      { keycode: keycodes.a, ...free, off: shift },
    ],
    [
      "A with Caps Lock",
      us,
      0x41,
      { ...none, modifiers: lock },
      { keycode: keycodes.a, ...free },
    ],
    [
      "a with Caps Lock",
      us,
      0x61,
      { ...none, modifiers: lock },
      { keycode: keycodes.a, ...free, on: shift },
    ],
    [
      "a with Caps Lock and Shift",
      us,
      0x61,
      { ...none, modifiers: lock | shift },
      { keycode: keycodes.a, ...free },
    ],
    [
      "1 with Caps Lock",
      us,
      0x31,
      { ...none, modifiers: lock },
      { keycode: keycodes.one, ...free },
    ],
    [
      "KP_7 without Num Lock",
      us,
      0xffb7,
      none,
      { keycode: keycodes.kp7, ...free, on: shift },
    ],
    [
      "KP_7 with Num Lock",
      us,
      0xffb7,
      { ...none, modifiers: num },
      { keycode: keycodes.kp7, ...free },
    ],
    [
      "KP_Home with Num Lock",
      us,
      0xff95,
      { ...none, modifiers: num },
      { keycode: keycodes.kp7, ...free },
    ],
    [
      "Tab with Shift",
      us,
      0xff09,
      { ...none, modifiers: shift },
      { keycode: keycodes.tab, ...free },
    ],
    ["< without Shift", us, 0x3c, none, { keycode: keycodes.less, ...free }],
    [
      "< with Shift",
      us,
      0x3c,
      { ...none, modifiers: shift },
      { keycode: keycodes.comma, ...free },
    ],
    [
      "@ on the German Q",
      german,
      0x40,
      none,
      { keycode: keycodes.q, ...free, on: level3 },
    ],
    [
      "@ with AltGr",
      german,
      0x40,
      { ...none, modifiers: level3 },
      { keycode: keycodes.q, ...free },
    ],
    [
      "q with AltGr",
      german,
      0x71,
      { ...none, modifiers: level3 },
      { keycode: keycodes.q, ...free, off: level3 },
    ],
    [
      "a with AltGr, whose key has no such level",
      german,
      0x61,
      { ...none, modifiers: level3 },
      { keycode: keycodes.a, ...free },
    ],
    [
      "1 in the second group",
      us,
      0x31,
      { ...none, group: 1 },
      { keycode: keycodes.one, ...free },
    ],
    [
      "ß with Caps Lock, which has a level with ẞ for it",
      german,
      0xdf,
      { ...none, modifiers: lock },
      { keycode: keycodes.minus, ...free, off: lock },
    ],
    [
      "ẞ with Caps Lock",
      german,
      0x0100_1e9e,
      { ...none, modifiers: lock },
      { keycode: keycodes.minus, ...free },
    ],
    [
      "ẞ without Caps Lock",
      german,
      0x0100_1e9e,
      none,
      { keycode: keycodes.minus, ...free, on: lock },
    ],
    [
      "? with Caps Lock and Shift",
      german,
      0x3f,
      { ...none, modifiers: lock | shift },
      { keycode: keycodes.minus, ...free },
    ],
    [
      "@ with Caps Lock",
      german,
      0x40,
      { ...none, modifiers: lock },
      { keycode: keycodes.q, ...free, on: level3 },
    ],
    ["a symbol that no key has", us, 0x20ac, none, undefined],
  ])("%s", (_title, keymap, keysym, state, plan) => {
    expect(keymap.find(keysym, state)).toEqual(plan);
  });

  test("knows the modifiers and the spare keycodes", () => {
    expect(us.keycodesOf(shift)).toEqual([keycodes.shiftL, keycodes.shiftR]);
    expect(us.keycodesOf(level3)).toEqual([keycodes.altGr]);
    expect(us.numLockMask).toBe(16);
    expect(us.unusedKeycodes()).toEqual([
      keycodes.spareHigh,
      keycodes.spareLow,
    ]);
  });

  test("forgets what a key meant when it is given another row", () => {
    const keymap = new Keymap(testMap());
    keymap.setRow(keycodes.a, [0x20ac, 0x20ac]);
    expect(keymap.find(0x61, none)).toBeUndefined();
    expect(keymap.find(0x20ac, none)?.keycode).toBe(keycodes.a);
  });
});
