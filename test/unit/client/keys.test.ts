import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keysymNamed, keysymsNamed } from "../../../client/src/library/keys.ts";

describe("a key by its name", () => {
  it.each([
    ["Control", 0xffe3],
    ["Delete", 0xffff],
    ["F1", 0xffbe],
    ["F12", 0xffc9],
    ["F24", 0xffd5],
    ["a", 0x61],
    ["A", 0x41],
    ["7", 0x37],
    [" ", 0x20],
    ["é", 0xe9],
    ["€", 0x100_20ac],
    ["😀", 0x101_f600],
  ])("%s is keysym %d", (name, keysym) => {
    expect(keysymNamed(name)).toBe(keysym);
  });

  it.each(["", "ctrl", "F0", "F25", "ab", "\n", "\x7f", "\ud800", "toString"])(
    "%j is none",
    (name) => {
      expect(() => keysymNamed(name)).toThrow(RangeError);
    },
  );

  it("is one that the protocol takes, or none", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3 }), (name) => {
        try {
          const keysym = keysymNamed(name);
          expect(keysym).toBeGreaterThan(0);
          expect(keysym).toBeLessThanOrEqual(0x1fff_ffff);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe("keys of a combination", () => {
  it("are in the order in which they are given", () => {
    expect(keysymsNamed(["Control", "Alt", "Delete"])).toEqual([
      0xffe3, 0xffe9, 0xffff,
    ]);
  });

  it("are eight at most", () => {
    expect(() => keysymsNamed(Array<string>(9).fill("a"))).toThrow(RangeError);
  });
});
