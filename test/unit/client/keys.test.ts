import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyNamed, keysNamed } from "../../../client/src/library/keys.ts";

describe("a key by its name", () => {
  it.each([
    ["Control", 0xffe3, "ControlLeft"],
    ["Delete", 0xffff, "Delete"],
    ["F1", 0xffbe, "F1"],
    ["F12", 0xffc9, "F12"],
    ["F24", 0xffd5, "F24"],
    ["a", 0x61, "KeyA"],
    ["A", 0x41, "KeyA"],
    ["7", 0x37, "Digit7"],
    [" ", 0x20, "Space"],
    ["é", 0xe9, ""],
    ["€", 0x100_20ac, ""],
    ["😀", 0x101_f600, ""],
  ])("%s is keysym %d", (name, keysym, code) => {
    expect(keyNamed(name)).toEqual({ keysym, code });
  });

  it.each(["", "ctrl", "F0", "F25", "ab", "\n", "\x7f", "\ud800", "toString"])(
    "%j is none",
    (name) => {
      expect(() => keyNamed(name)).toThrow(RangeError);
    },
  );

  it("is one that the protocol takes, or none", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3 }), (name) => {
        try {
          const { keysym, code } = keyNamed(name);
          expect(keysym).toBeGreaterThan(0);
          expect(keysym).toBeLessThanOrEqual(0x1fff_ffff);
          expect(code.length).toBeLessThanOrEqual(32);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe("keys of a combination", () => {
  it("are in the order in which they are given", () => {
    const keysyms = keysNamed(["Control", "Alt", "Delete"]).map(
      ({ keysym }) => keysym,
    );
    expect(keysyms).toEqual([0xffe3, 0xffe9, 0xffff]);
  });

  it("are eight at most", () => {
    expect(() => keysNamed(Array<string>(9).fill("a"))).toThrow(RangeError);
  });
});
