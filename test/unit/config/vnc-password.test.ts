import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { messageOf } from "../../../agent/base/errors.ts";
import { readVncPassword } from "../../../agent/config/vnc-password.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-password-"));
  path = join(folder, "password");
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("reads a password without the white space around it", () => {
  writeFileSync(path, " sesame12\n", { mode: 0o600 });
  expect(readVncPassword(path).toString()).toBe("sesame12");
});

test.each([
  ["short", "12345"],
  ["long", "123456789"],
  ["with a space", "ses ame"],
  ["of other letters", "sesäme12"],
  ["empty", ""],
])("refuses one that is %s, without quoting it", (_name, password) => {
  writeFileSync(path, password, { mode: 0o600 });
  try {
    readVncPassword(path);
    expect.fail("it was accepted");
  } catch (error) {
    expect(error).toMatchObject({ code: "config" });
    if (password !== "") expect(messageOf(error)).not.toContain(password);
  }
});

test.each([0o640, 0o604, 0o666])("refuses a file of mode %o", (mode) => {
  writeFileSync(path, "sesame12");
  chmodSync(path, mode);
  expect(() => readVncPassword(path)).toThrow("can be read by others");
});

test("refuses a file that is not there", () => {
  expect(() => readVncPassword(path)).toThrow("cannot be read");
});
