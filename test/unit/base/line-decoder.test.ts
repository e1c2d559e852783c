import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LastLines, LineDecoder } from "../../../agent/base/line-decoder.ts";

function decode(chunks: readonly Buffer[], maxLength?: number): string[] {
  const lines: string[] = [];
  const decoder = new LineDecoder(
    (line) => lines.push(line),
    maxLength === undefined ? {} : { maxLength },
  );
  for (const chunk of chunks) decoder.write(chunk);
  decoder.end();
  return lines;
}

/** `bytes` in pieces that end at `cuts`. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [
    ...cuts.map((at) => at % (bytes.length + 1)),
    bytes.length,
  ].sort((one, other) => one - other);
  let start = 0;
  return ends.map((end) => {
    const piece = bytes.subarray(start, end);
    start = end;
    return piece;
  });
}

describe("LineDecoder", () => {
  test("gives the same lines wherever the chunks end, also inside a character", () => {
    const line = fc
      .string({ unit: "grapheme", maxLength: 20 })
      .map((text) => text.replaceAll(/[\r\n]/g, " "));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""));
        expect(decode(cut(bytes, cuts))).toEqual(decode([bytes]));
        expect(decode([bytes])).toEqual(
          lines.map((each) => Buffer.from(each).toString("utf8")),
        );
      }),
    );
  });

  test("puts a character together whose bytes come one at a time", () => {
    const bytes = Buffer.from("ö€😀\n");
    expect(decode([...bytes].map((byte) => Buffer.from([byte])))).toEqual([
      "ö€😀",
    ]);
  });

  test("delivers a last line without a line end, and takes carriage returns off", () => {
    expect(decode([Buffer.from("one\r\ntwo")])).toEqual(["one", "two"]);
    expect(decode([Buffer.from("one\n")])).toEqual(["one"]);
  });

  test("cuts a line that is too long and reads the next one in full", () => {
    const lines = decode(
      [Buffer.from("abc"), Buffer.from("defgh"), Buffer.from("ijk\nnext\n")],
      5,
    );
    expect(lines).toEqual(["abcde…", "next"]);
  });
});

describe("LastLines", () => {
  test("keeps the last ones, without the empty ones", () => {
    const kept = new LastLines(2);
    for (const line of ["one", "two", "", "  ", "three"]) kept.push(line);
    expect(kept.toArray()).toEqual(["two", "three"]);
  });

  test("hands out copies", () => {
    const kept = new LastLines(2);
    kept.push("one");
    kept.toArray().push("intruder");
    expect(kept.toArray()).toEqual(["one"]);
  });
});
