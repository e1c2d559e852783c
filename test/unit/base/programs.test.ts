import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findProgram, requireProgram } from "../../../agent/base/programs.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-programs-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function program(name: string, mode: number): string {
  const file = join(folder, name);
  writeFileSync(file, "#!/bin/sh\n");
  chmodSync(file, mode);
  return file;
}

test("finds the first executable of that name on the path", () => {
  const file = program("tool", 0o755);
  expect(findProgram("tool", `/nonexistent:${folder}`)).toBe(file);
  expect(findProgram(file, "")).toBe(file);
});

test("passes over folders, plain files and relative paths", () => {
  program("plain", 0o644);
  mkdirSync(join(folder, "folder"));
  expect(findProgram("plain", folder)).toBeUndefined();
  expect(findProgram("folder", folder)).toBeUndefined();
  expect(findProgram("./tool", folder)).toBeUndefined();
  expect(findProgram("tool", "")).toBeUndefined();
});

test("names the package of a program that is missing", () => {
  expect(() => requireProgram("pactl", folder)).toThrow(
    expect.objectContaining({
      code: "missing-program",
      message: "the program pactl is not installed",
      mend: "Install it with: apt-get install pulseaudio-utils",
    }),
  );
});
