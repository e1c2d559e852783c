/**
 * The shell functions that put a machine in order, with stand-ins for the programs that look at it.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "setup-test-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Puts a shell script of that name before the machine's program. */
function standIn(name: string, script: string): void {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** What the lines print in a script that ends at the first failure, as those of this project do. */
function printed(file: string, lines: string): string {
  const script = `set -euo pipefail\n. ${join(root, "scripts", file)}\n${lines}`;
  return execFileSync("bash", ["-c", script], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` },
  });
}

test("finds the missing packages in a script that ends at the first failure", () => {
  // dpkg-query fails where it does not know one of the packages.
  standIn("dpkg-query", 'printf "podman installed\\n"; exit 1');
  expect(
    printed(
      "setup.sh",
      'mapfile -t missing < <(missing_packages podman runc)\nprintf "%s\\n" "${missing[@]}"',
    ),
  ).toBe("runc\n");
});

test("writes settings that podman can read where it falls back to fuse-overlayfs", () => {
  standIn(
    "podman",
    'grep -q mount_program "$CONTAINERS_STORAGE_CONF" || { echo no overlay on overlay >&2; exit 125; }',
  );
  mkdirSync(join(folder, "settings"));
  // The folder of the settings is read-only once the script is sourced.
  const script = readFileSync(join(root, "scripts/containers.sh"), "utf8");
  writeFileSync(
    join(folder, "containers.sh"),
    script.replace(
      /^readonly container_settings=.*$/m,
      `readonly container_settings="${folder}/settings"`,
    ),
  );
  printed("setup.sh", `. ${join(folder, "containers.sh")}\nconfigure_storage`);
  expect(readFileSync(join(folder, "settings/storage.conf"), "utf8")).toContain(
    'mount_program = "/usr/bin/fuse-overlayfs"\n',
  );
});

test("gives an image no revision and no time where git knows none", () => {
  standIn("buildah", 'printf "%s\\n" "$@"');
  standIn("git", "exit 128");
  const build = `cd ${root}\nbuild_image runtime`;
  const without = printed("containers.sh", build);
  expect(without).toMatch(/^VERSION=\d/m);
  expect(without).not.toMatch(/^(REVISION|CREATED)=/m);
  standIn(
    "git",
    'case "$1" in log) echo 2026-01-02T03:04:05Z ;; *) echo abc ;; esac',
  );
  expect(printed("containers.sh", build)).toMatch(
    /^REVISION=abc\n--build-arg\nCREATED=2026-01-02T03:04:05Z$/m,
  );
});
