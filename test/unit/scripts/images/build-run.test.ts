/**
 * `scripts/build-images.sh` with stand-ins for the engine: what it does around the build.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  ImageRepository,
  resultOf,
} from "../../../fixtures/image-repository.ts";

const project = join(import.meta.dirname, "../../../..");
let repository: ImageRepository;
let bin: string;
beforeEach(() => {
  repository = new ImageRepository();
  bin = join(repository.folder, "bin");
  mkdirSync(bin);
  standIn("skopeo", "exit 1");
});
afterEach(async () => {
  await repository.close();
});

function standIn(name: string, script: string): void {
  const file = join(bin, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const path = (): Record<string, string> => ({
  PATH: `${bin}:${process.env["PATH"] ?? ""}`,
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // Gone, as it should be.
  }
}

it("ends an engine that does not listen at the second signal, and still puts its things away", async () => {
  const pidFile = join(repository.folder, "pid");
  standIn(
    "buildah",
    `[ "$1" = bud ] || exit 0
trap '' TERM
echo $$ >'${pidFile}.new' && mv '${pidFile}.new' '${pidFile}'
while :; do sleep 1; done`,
  );
  const child = repository.start(["--engine", "buildah"], path());
  const result = resultOf(child);
  let pid = 0;
  for (let i = 0; i < 200 && pid === 0; i += 1) {
    await sleep(25);
    try {
      pid = Number(readFileSync(pidFile, "utf8"));
    } catch {
      continue; // Not begun yet.
    }
  }
  expect(pid).toBeGreaterThan(0);
  child.kill("SIGINT");
  await sleep(300);
  expect(isAlive(pid)).toBe(true);
  const startedAt = performance.now();
  child.kill("SIGINT");
  const { exitCode, stderr } = await result;
  expect(exitCode, stderr).toBe(130);
  expect(stderr).toMatch(/error: interrupted while building runtime/);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  expect(isAlive(pid)).toBe(false);
});

it("takes relative paths from where it was called", async () => {
  standIn("buildah", "exit 0");
  const script = join(project, "scripts/build-images.sh");
  const args = ["--registry", "localhost:1", "--push", "--sign"];
  const child = spawn(script, args, {
    cwd: repository.folder,
    env: {
      ...repository.environment,
      ...path(),
      STREAMSPACE_SIGNING_KEY_FILE: "signing.key",
    },
  });
  const { stderr } = await resultOf(child);
  // The key is read: it goes on to the next step, the registry.
  expect(stderr).toMatch(/^error: the registry localhost:1 cannot be reached/m);
});

it("says what a push would be, and then why it would be refused", async () => {
  standIn("buildah", "exit 0");
  const args = ["--registry", "localhost:1", "--push", "--dry-run"];
  const refused = await repository.run(args, path());
  expect(refused.stdout).toMatch(
    /^runtime amd64: localhost:1\/streamspace\/runtime:\S+, would be pushed$/m,
  );
  expect(refused.stderr).toMatch(
    /^error: runtime violates images\/policy\.yaml: it is to be pushed without a signature; add --sign$/m,
  );
  expect(refused.exitCode).toBe(1);
  const signed = await repository.run([...args, "--sign"], path());
  expect(signed.exitCode, signed.stderr).toBe(0);
});

it("builds nothing where what changed is left out", async () => {
  standIn("buildah", "exit 0");
  const file = join(repository.root, "images/two/Dockerfile");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("FROM", 'ARG TWO_URL=""\nFROM'));
  const args = ["--changed", "HEAD", "--dry-run"];
  const { exitCode, stderr, stdout } = await repository.run(args, path());
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/left out: two needs TWO_URL in the environment/);
  expect(stdout).toBe("nothing to build: what changed is left out\n");
});
