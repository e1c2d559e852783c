/**
 * The command that holds an image to the standard, with a stand-in for podman that keeps what it makes as files.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { poll } from "../../../agent/base/deadline.ts";

const main = join(import.meta.dirname, "../../../scripts/test-image/main.ts");

/** Containers start and never answer; one that is to sleep fails, and stays as podman leaves it. */
const podman = `#!/bin/sh
case "$1 $2" in
  "image inspect") echo '[{"Size":1,"Config":{}}]' ;;
  "volume rm") rm -f "$STATE/volume-$4" ;;
  "rm "*) sleep 0.5; rm -f "$STATE/container-$4" ;;
  "save "*) tar -c -T /dev/null ;;
  "run "*)
    for word; do
      case "$word" in
        --volume=*) word=\${word#*=}; touch "$STATE/volume-\${word%%:*}" ;;
        streamspace-test-*) touch "$STATE/container-$word" ;;
        infinity) exit 125 ;;
      esac
    done ;;
esac
`;

let folder: string;
let state: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "test-image-test-"));
  state = join(folder, "state");
  await mkdir(state);
  await mkdir(join(folder, "tmp"));
  const file = join(folder, "podman");
  await writeFile(file, podman);
  await chmod(file, 0o755);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The command, and what it has written to both streams so far. */
function start(...args: string[]): { child: ChildProcess; text: () => string } {
  const child = spawn(
    process.execPath,
    [main, "localhost/streamspace/desktop:dev", "--engine=podman", ...args],
    {
      env: {
        ...process.env,
        PATH: `${folder}:${process.env["PATH"] ?? ""}`,
        STATE: state,
        TMPDIR: join(folder, "tmp"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  return { child, text: () => text };
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  return await new Promise((resolve) => {
    child.once("close", (code, signal) => {
      resolve(code ?? signal);
    });
  });
}

describe("a test that is interrupted", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "by %s leaves no container, volume or folder, and a second signal changes nothing",
    async (signal, exitCode) => {
      const { child, text } = start();
      const exit = exitOf(child);
      await poll(
        () =>
          readdirSync(state).filter((name) => name.startsWith("volume-"))
            .length > 0 || undefined,
        { everyMs: 20, timeoutMs: 20_000, what: "a container with a volume" },
      );
      // Only the one with the volume: the one whose start failed is gone.
      await poll(() => readdirSync(state).length === 2 || undefined, {
        everyMs: 20,
        timeoutMs: 5_000,
        what: "one container",
      });
      child.kill(signal);
      await poll(() => text().includes("interrupted") || undefined, {
        everyMs: 5,
        timeoutMs: 5_000,
        what: "the first word about it",
      });
      child.kill(signal);
      expect(await exit).toBe(exitCode);
      expect(readdirSync(state)).toEqual([]);
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
      expect(text()).toMatch(/interrupted: removing what was started\n$/);
    },
  );
});

describe("--seccomp", () => {
  it.each([
    ["a folder", "state", /cannot be read: EISDIR/],
    ["nothing", "absent", /cannot be read: ENOENT/],
    ["no JSON", "podman", /podman is not JSON: /],
    ["another JSON", "other.json", /other\.json is no seccomp profile/],
  ])("is refused with %s, in one sentence", async (_, name, sentence) => {
    await writeFile(join(folder, "other.json"), "[1]");
    const { child, text } = start("--seccomp", join(folder, name));
    expect(await exitOf(child)).toBe(2);
    expect(text()).toMatch(sentence);
    expect(text()).toMatch(/^error: .*\n$/);
    expect(readdirSync(state)).toEqual([]);
  });

  it("is refused where a browser's sandbox has no rules to be opened in", async () => {
    const file = join(folder, "no-rules.json");
    await writeFile(file, '{"defaultAction":"SCMP_ACT_ERRNO"}');
    const { child, text } = start("--seccomp", file, "--definition=chromium");
    expect(await exitOf(child)).toBe(2);
    expect(text()).toMatch(/^error: .*no seccomp profile.*\n$/);
  });
});
