import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LayerReader } from "../../../../scripts/images/findings.ts";
import { TarClock } from "../../../../scripts/images/tar-clock.ts";
import { TarScanner } from "../../../../scripts/images/tar-scanner.ts";
import { tarArchive } from "../../../fixtures/tar-archive.ts";

describe("the reader of tar archives", () => {
  const deep = `${"directory/".repeat(14)}file`;
  const files = {
    empty: "",
    "exactly-a-block": "x".repeat(512),
    "a/ünïcode": "é",
    [deep]: "deep",
    ["n".repeat(180)]: "long name",
  };

  it.each(["gnu", "pax"] as const)(
    "finds every file in the format %s, in chunks of any size",
    (format) => {
      const bytes = tarArchive(files, format);
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 3000 }), (chunk) => {
          const found: Record<string, string> = {};
          const scanner = new TarScanner({
            wants: () => true,
            entry: () => undefined,
            file: (path, content) => {
              found[path] = content.toString("utf8");
            },
          });
          for (let at = 0; at < bytes.length; at += chunk) {
            scanner.write(bytes.subarray(at, at + chunk));
          }
          expect(found).toEqual(files);
        }),
        { numRuns: 20 },
      );
    },
  );

  it("survives anything", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const reader = new LayerReader();
        reader.write(Buffer.from(bytes));
        expect(reader.findings().npm).toEqual([]);
      }),
    );
  });
});

describe("the clock of tar archives", () => {
  const files = { "a/b": "x".repeat(700), c: "", [`${"d/".repeat(60)}e`]: "1" };
  const rewrite = (bytes: Buffer, chunk: number): Buffer => {
    const clock = new TarClock(1_767_225_600);
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += chunk) {
      parts.push(clock.write(Buffer.from(bytes.subarray(at, at + chunk))));
    }
    return Buffer.concat([...parts, clock.end()]);
  };
  const list = (bytes: Buffer): string =>
    execFileSync("tar", ["--list", "--verbose", "--utc", "--full-time"], {
      input: bytes,
      encoding: "utf8",
    });

  it("sets the time of each file and nothing else, in chunks of any size", () => {
    const bytes = tarArchive(files, "gnu");
    const whole = rewrite(bytes, bytes.length);
    expect(list(whole)).toBe(
      list(bytes).replaceAll(
        /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g,
        "2026-01-01 00:00:00",
      ),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), (chunk) => {
        expect(rewrite(bytes, chunk).equals(whole)).toBe(true);
      }),
      { numRuns: 20 },
    );
    expect(rewrite(whole, 1000).equals(whole)).toBe(true);
  });

  it("refuses what is no archive", () => {
    expect(() => rewrite(Buffer.alloc(1024, "x"), 512)).toThrow(
      "a layer is no tar archive that can be read",
    );
  });
});
