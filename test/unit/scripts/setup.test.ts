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
