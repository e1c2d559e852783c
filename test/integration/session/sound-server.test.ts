import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChildSpawner, runToEnd } from "../../../agent/base/child-process.ts";
import { sleep, withDeadline } from "../../../agent/base/deadline.ts";
import {
  createSessionDirectory,
  type SessionPaths,
} from "../../../agent/session/session-directory.ts";
import {
  pulseServerAddress,
  startSoundServer,
  type RunningSound,
} from "../../../agent/session/sound-server.ts";
import { pulseSource } from "../../../agent/session/sound-sinks.ts";
import { silentLog } from "../../fakes/logs.ts";

let folder: string;
let paths: SessionPaths;
let spawner: ChildSpawner;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-sound-"));
  ({ paths } = createSessionDirectory(folder));
  spawner = new ChildSpawner();
});
afterEach(async () => {
  await Promise.all([...spawner.children].map((child) => child.close()));
  rmSync(folder, { recursive: true, force: true });
});

function start(
  options: { signal?: AbortSignal; env?: NodeJS.ProcessEnv } = {},
): Promise<RunningSound> {
  const { signal = new AbortController().signal, env = process.env } = options;
  return startSoundServer(
    { spawner, paths, env },
    { signal, generation: 1, log: silentLog },
  );
}

async function pactl(...args: string[]): Promise<string> {
  const result = await runToEnd({
    file: "pactl",
    args,
    env: { ...process.env, PULSE_SERVER: pulseServerAddress(paths) },
    timeoutMs: 5_000,
  });
  expect(result.exitCode, result.stderrLines.join("\n")).toBe(0);
  return result.stdout;
}

test("answers, and has the session's sink and its monitor as defaults", async () => {
  const sound = await start();
  expect(await pactl("info")).toContain("Default Sink: streamspace");
  expect(await pactl("list", "short", "sources")).toContain(pulseSource);
  await sound.close();
  await expect(sound.exited).resolves.toEqual({ kind: "requested" });
  expect(spawner.children.size).toBe(0);
});

test("tells when it is killed, and starts again in the same place", async () => {
  const sound = await start();
  const [child] = spawner.children;
  process.kill(child?.pid ?? 0, "SIGKILL");
  await expect(
    withDeadline(sound.exited, { timeoutMs: 1_000, what: "the news" }),
  ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
  const again = await start();
  expect(await pactl("info")).toContain("Default Sink: streamspace");
  await again.close();
});

test("that ends at its start says why, and is not asked for an answer any longer", async () => {
  const spawned: number[] = [];
  spawner = new ChildSpawner({
    observer: { started: (pid) => spawned.push(pid), ended: () => undefined },
  });
  const programs = join(folder, "programs");
  mkdirSync(programs);
  writeFileSync(
    join(programs, "pulseaudio"),
    "#!/bin/sh\necho no memory >&2\nexit 1\n",
    { mode: 0o755 },
  );
  const path = `${programs}:${process.env["PATH"] ?? ""}`;
  await expect(
    start({ env: { ...process.env, PATH: path } }),
  ).rejects.toMatchObject({
    code: "sound-unreachable",
    message: "PulseAudio ended while it started: no memory",
  });
  await sleep(100);
  const { length } = spawned;
  await sleep(400);
  expect(spawned).toHaveLength(length);
  expect(spawner.children.size).toBe(0);
});

test("that runs but cannot be reached says what it wrote", async () => {
  // A directory is where its socket should be.
  mkdirSync(join(paths.pulseSocket, "in-the-way"), { recursive: true });
  await expect(start()).rejects.toMatchObject({ code: "sound-unreachable" });
  expect(spawner.children.size).toBe(0);
}, 20_000);

test("whose start is called off leaves nothing behind", async () => {
  const abort = new AbortController();
  const starting = start({ signal: abort.signal });
  abort.abort();
  await expect(starting).rejects.toMatchObject({ code: "aborted" });
  await sleep(100);
  expect(spawner.children.size).toBe(0);
});
