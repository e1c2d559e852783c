import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanName } from "../../../signaling/features/sharing-name.ts";
import { sharingLimits } from "../../../signaling/protocol.ts";

describe("a display name", () => {
  it.each([
    ["Ann", "Ann"],
    ["  Ann \t  Lee\n", "Ann Lee"],
    ["Jürgen", "Jürgen"],
    ["Ju\u0308rgen", "Jürgen"],
    ["李小龙", "李小龙"],
    ["می‌خواهم", "می‌خواهم"],
    ["👩‍💻 Eve", "👩‍💻 Eve"],
    ["<b>Bob</b>", "<b>Bob</b>"],
    ["evil\u202Egnp.exe", "evilgnp.exe"],
    ["a\u0000b\u001bc\u200bd\ufeffe", "abcde"],
    ["a\u2028b", "a b"],
    ["\u3164", ""],
    ["\u200d\u200d", ""],
    ["", ""],
    ["Z" + "\u0335".repeat(50), "Z" + "\u0335".repeat(3)],
    ["x".repeat(160), "x".repeat(sharingLimits.nameLength)],
    ["😀".repeat(80), "😀".repeat(sharingLimits.nameLength)],
  ])("%j is shown as %j", (text, shown) => {
    expect(cleanName(text)).toBe(shown);
  });

  it("is short, one line, visible and settled, whatever was typed", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.constantFrom(
              " ",
              "\n",
              "\u200d",
              "\u200c",
              "\u202e",
              "\u0301",
              "\u2066",
              "\ufeff",
              "\u3164",
              "a",
              "\ud800",
            ),
            fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
          ),
          maxLength: 160,
        }),
        (text) => {
          const shown = cleanName(text);
          expect(Array.from(shown).length).toBeLessThanOrEqual(
            sharingLimits.nameLength,
          );
          expect(shown).not.toMatch(/(?![\u200c\u200d])\p{C}|[\p{Zl}\p{Zp}]/u);
          expect(shown).not.toMatch(/^[ \u200c\u200d]|[ \u200c\u200d]$/u);
          expect(shown).not.toMatch(/\p{M}{4}/u);
          expect(shown.isWellFormed()).toBe(true);
          expect(cleanName(shown)).toBe(shown);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
