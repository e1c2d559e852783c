/**
 * The command line of the test of an image, as far as it is looked at before anything starts; with a stand-in for the engine.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const main = join(import.meta.dirname, "../../../scripts/test-image/main.ts");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "command-files-"));
  const script = `#!/bin/sh
echo "$1" >>'${folder}/calls'
case "$1" in
  version) ;;
  image) echo '[{}]' ;;
  *) exit 1 ;;
esac
`;
  for (const engine of ["podman", "docker"]) {
    writeFileSync(join(folder, engine), script);
    chmodSync(join(folder, engine), 0o755);
  }
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command, which has to be refused, and returns the sentence. */
function refusal(...args: string[]): string {
  const path = `${folder}:${process.env["PATH"] ?? ""}`;
  const { status, stderr } = spawnSync("node", [main, ...args], {
    encoding: "utf8",
    env: { ...process.env, PATH: path },
    timeout: 20_000,
  });
  expect(status, stderr).toBe(2);
  // Nothing was started.
  expect(readFileSync(join(folder, "calls"), "utf8")).toBe("version\nimage\n");
  return stderr;
}

it("docker is not given podman's profile for Chromium", () => {
  const image = "localhost/streamspace/chromium:dev";
  expect(refusal(image, "--engine", "docker")).toMatch(
    /^error: docker's default seccomp profile, .* is in no file here; name one with --seccomp\..*\n$/,
  );
});

it.each(["--junit", "--report"])(
  "%s names a file that can be written",
  (option) => {
    const image = "localhost/streamspace/desktop:dev";
    const below = join(folder, "docker", "a", "report.xml");
    expect(refusal(image, option, below)).toMatch(
      `error: the report cannot be written to ${below}: ENOTDIR`,
    );
    rmSync(join(folder, "calls"));
    expect(refusal(image, option, folder)).toBe(
      `error: the report cannot be written to ${folder}: it is a folder\n`,
    );
    expect(existsSync(below)).toBe(false);
  },
);
