import { describe, expect, test } from "vitest";
import {
  isCopyChord,
  pasteCombination,
  type Chord,
} from "../../../client/src/clipboard-keys.ts";

const none = { ctrlKey: false, shiftKey: false, altKey: false, metaKey: false };
const chord = (
  key: string,
  code: string,
  ...held: ("ctrlKey" | "shiftKey" | "altKey" | "metaKey")[]
): Chord => ({
  ...{ key, code, ...none },
  ...Object.fromEntries(held.map((name) => [name, true])),
});

/** The keysyms that are pressed. */
function pasted(keys: Chord, isMac = false): number[] | undefined {
  const combination = pasteCombination(keys, isMac);
  return (
    combination && [
      ...combination.modifiers.map(({ keysym }) => keysym),
      combination.key.keysym,
    ]
  );
}

describe("keys that paste", () => {
  test.each([
    [chord("v", "KeyV", "ctrlKey"), [0xffe3, 0x76]],
    [chord("V", "KeyV", "ctrlKey"), [0xffe3, 0x76]],
    [chord("V", "KeyV", "ctrlKey", "shiftKey"), [0xffe3, 0xffe1, 0x56]],
    [chord("Insert", "Insert", "shiftKey"), [0xffe1, 0xff63]],
    // Dvorak has its v elsewhere, and a Russian layout none at all.
    [chord("v", "Period", "ctrlKey"), [0xffe3, 0x76]],
    [chord("м", "KeyV", "ctrlKey"), [0xffe3, 0x76]],
    [chord("k", "KeyV", "ctrlKey"), undefined],
    [chord("v", "KeyV"), undefined],
    [chord("v", "KeyV", "metaKey"), undefined],
    [chord("v", "KeyV", "ctrlKey", "altKey"), undefined],
    [chord("v", "KeyV", "ctrlKey", "metaKey"), undefined],
    [chord("Insert", "Insert", "ctrlKey", "shiftKey"), undefined],
    [chord("Insert", "Insert"), undefined],
  ])("%o is %o", (keys, wanted) => {
    expect(pasted(keys)).toEqual(wanted);
  });

  test("are those of a Mac too, where its Command is let go for them", () => {
    const keys = chord("v", "KeyV", "metaKey");
    expect(pasted(keys, true)).toEqual([0xffe3, 0x76]);
    expect(pasteCombination(keys, true)?.without).toEqual([
      "MetaLeft",
      "MetaRight",
    ]);
    expect(pasted(chord("v", "KeyV", "ctrlKey"), true)).toEqual([0xffe3, 0x76]);
  });
});

test.each([
  [chord("c", "KeyC", "ctrlKey"), true],
  [chord("x", "KeyX", "ctrlKey"), true],
  [chord("C", "KeyC", "ctrlKey", "shiftKey"), true],
  [chord("c", "KeyC", "metaKey"), true],
  [chord("с", "KeyC", "ctrlKey"), true],
  [chord("Insert", "Insert", "ctrlKey"), true],
  [chord("c", "KeyC"), false],
  [chord("c", "KeyC", "ctrlKey", "altKey"), false],
  [chord("Insert", "Insert", "shiftKey"), false],
])("%o copies: %s", (keys, wanted) => {
  expect(isCopyChord(keys)).toBe(wanted);
});
