import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isSharedName,
  loggedExtension,
  numberedName,
  uploadName,
} from "../../../agent/session/file-names.ts";

const bytes = (text: string): number => Buffer.byteLength(text);

describe("the name of an upload", () => {
  test.each([
    ["report.pdf", "report.pdf"],
    ["  report.pdf ", "report.pdf"],
    ["Gru\u0308\u00dfe.txt", "Grüße.txt"],
    ["世界 🎉.png", "世界 🎉.png"],
    ["a-b~", "a-b~"],
    ["a..b", "a..b"],
    ["report (final].pdf", "report (final].pdf"],
    ["report [1].pdf", "report [1].pdf"],
    ["con", "con"],
    // Emoji of several, and Persian, need joiners.
    ["👩‍💻 می‌خواهم.txt", "👩‍💻 می‌خواهم.txt"],
    ["അവന\u0d4d\u200d.txt", "അവന\u0d4d\u200d.txt"],
    ["❤\ufe0f\u200d🔥 7\ufe0f\u20e3", "❤\ufe0f\u200d🔥 7\ufe0f\u20e3"],
    ["葛\u{e0100}城", "葛\u{e0100}城"],
    [
      "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
      "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    ],
  ])("%j is %j", (given, name) => {
    expect(uploadName(given)).toBe(name);
  });

  test.each([
    "",
    "   ",
    ".",
    "..",
    ".bashrc",
    " .bashrc",
    "../evil",
    "..\\evil",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "a\nb",
    "a\u001b[31mb",
    "a\u007fb",
    "a\u0085b",
    "a\u2028b",
    "invoice\u202efdp.exe",
    "a\u2066b",
    "half \ud83d of a pair",
    "no UTF-8 \ufffd",
    // An option, a home, patterns.
    "-rf",
    " --help",
    "~root",
    "*",
    "a?.txt",
    // Nothing to see, or less than there is.
    "\u200b",
    "\u3164",
    "\u115f.txt",
    "\u2800",
    "\u200d",
    "\ufe0f",
    "pass\u200bword.txt",
    "soft\u00adhyphen",
    "a\u200d.txt",
    "1\ufe0f.txt",
    "界\u200d\u200d.txt",
    "tag\u{e0041}",
    "🏴\u{e0067}",
    ".streamspace-00000000-0000-0000-0000-000000000000.part",
  ])("%j is refused", (given) => {
    expect(uploadName(given)).toBeUndefined();
  });

  test.each([
    [`${"x".repeat(300)}.tar.gz`, `${"x".repeat(248)}.tar.gz`],
    [`${"界".repeat(100)}.txt`, `${"界".repeat(83)}.txt`],
    ["y".repeat(300), "y".repeat(255)],
  ])("a long one is cut before its extension", (given, name) => {
    expect(uploadName(given)).toBe(name);
  });

  test("is one that is listed, fits the file system and stays the same, whatever was given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (given) => {
        const name = uploadName(given);
        if (name === undefined) return;
        expect(isSharedName(name)).toBe(true);
        expect(bytes(name)).toBeLessThanOrEqual(255);
        expect(uploadName(name)).toBe(name);
        expect(name).not.toMatch(/[/\\\p{Cc}*?]|^[-~.]|^\s|^$/u);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a file that is in the folder", () => {
  test.each(["-draft.txt", "~notes", "photo [1].jpg", "what?"])(
    "%j is shown: it is there already",
    (name) => {
      expect(isSharedName(name)).toBe(true);
    },
  );

  test.each([".hidden", "\u200b", "re\u200bport.pdf", "a\u202eb"])(
    "%j is not: it looks like another, or like none",
    (name) => {
      expect(isSharedName(name)).toBe(false);
    },
  );
});

describe("the name of another file of the same name", () => {
  test.each([
    ["report.pdf", 1, "report.pdf"],
    ["report.pdf", 2, "report (2).pdf"],
    ["archive.tar.gz", 3, "archive (3).tar.gz"],
    ["README", 2, "README (2)"],
    ["v1. final words", 2, "v1. final words (2)"],
    ["a.b.c", 10, "a.b (10).c"],
    [`${"x".repeat(251)}.txt`, 2, `${"x".repeat(247)} (2).txt`],
  ])("%j has the number %i as %j", (name, count, numbered) => {
    expect(numberedName(name, count)).toBe(numbered);
  });

  test("is another for each number, is listed and fits the file system", () => {
    const names = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 300 })
      .map(uploadName)
      .filter((name) => name !== undefined);
    fc.assert(
      fc.property(names, fc.integer({ min: 2, max: 999 }), (name, count) => {
        const numbered = numberedName(name, count);
        expect(isSharedName(numbered)).toBe(true);
        expect(numbered).not.toBe(name);
        expect(numbered).not.toBe(numberedName(name, count + 1));
      }),
    );
  });
});

test.each([
  ["Diagnosis of Ada.PDF", ".pdf"],
  ["archive.tar.gz", ".gz"],
  ["my.secretwords", undefined],
  ["README", undefined],
  ["a.日本", undefined],
])("of %j the log has %j", (name, extension) => {
  expect(loggedExtension(name)).toBe(extension);
});
