/**
 * `scripts/browser-seccomp.sh` in a clone that has no npm packages yet.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const project = join(import.meta.dirname, "../../..");
let clone: string;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "browser-seccomp-"));
  for (const path of ["scripts", "agent/base", "package.json"]) {
    cpSync(join(project, path), join(clone, path), { recursive: true });
  }
  const rule = { names: ["chroot", "reboot"], action: "SCMP_ACT_ERRNO" };
  const defaultAction = "SCMP_ACT_ERRNO";
  const profile = JSON.stringify({ defaultAction, syscalls: [rule] });
  writeFileSync(join(clone, "profile.json"), profile);
  writeFileSync(join(clone, "text"), "secret");
});
afterAll(() => {
  rmSync(clone, { recursive: true, force: true });
});

function run(...args: string[]) {
  const script = join(clone, "scripts/browser-seccomp.sh");
  return spawnSync(script, args, {
    cwd: clone,
    encoding: "utf8",
    timeout: 10_000,
  });
}

it("prints a profile and nothing else, without npm packages", () => {
  const { status, stdout, stderr } = run("profile.json");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    syscalls: [{ names: ["reboot"] }, { action: "SCMP_ACT_ALLOW" }],
  });
});

it.each([
  ["text", /^error: text is not JSON: .*\n$/],
  ["package.json", /^error: package\.json is no seccomp profile\n$/],
  [
    "scripts",
    /^error: the seccomp profile scripts cannot be read: EISDIR.*\n$/,
  ],
  [
    "nowhere",
    /^error: the seccomp profile nowhere cannot be read: ENOENT.*\n$/,
  ],
  ["--frobnicate", /^error: unknown option --frobnicate; see --help\n$/],
])("refuses %s in one sentence", (argument, sentence) => {
  const { status, stdout, stderr } = run(argument);
  expect(stderr).toMatch(sentence);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});

it.each(["-h", "--help"])("%s prints how it is used", (option) => {
  const { status, stdout } = run(option);
  expect(status).toBe(0);
  expect(stdout).toContain("./scripts/browser-seccomp.sh [PROFILE]");
});
