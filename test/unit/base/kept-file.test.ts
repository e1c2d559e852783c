import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepFile } from "../../../agent/base/kept-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kept-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("is written once, for its owner alone, and left alone while it says the same", () => {
  const path = join(folder, "settings");
  keepFile(path, "the same");
  const first = statSync(path, { bigint: true });
  expect(Number(first.mode) & 0o777).toBe(0o600);
  keepFile(path, "the same");
  const { mtimeNs, ino } = first;
  expect(statSync(path, { bigint: true })).toMatchObject({ mtimeNs, ino });
});

test("is written where it says something else, and fails where it cannot be", () => {
  const path = join(folder, "settings");
  writeFileSync(path, "else");
  keepFile(path, "the same");
  expect(statSync(path).size).toBe(8);
  expect(() => {
    keepFile(join(folder, "missing", "settings"), "the same");
  }).toThrow(/ENOENT/);
});
