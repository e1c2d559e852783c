import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { poll } from "../../../agent/base/deadline.ts";
import { Guard } from "../../../agent/supervisor/guard.ts";
import { silentLog } from "../../fakes/logs.ts";
import { gone, isAlive } from "../base/process-state.ts";

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "streamspace-guard-"));
  directory = join(parent, "session");
  mkdirSync(directory);
  writeFileSync(join(directory, "token"), "x");
});
afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

const ownerScript = fileURLToPath(
  new URL("../base/children/owner.ts", import.meta.url),
);

async function startOwner(): Promise<{
  owner: ChildProcess;
  child: number;
  grandchild: number;
}> {
  const owner = spawn(process.execPath, [ownerScript, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(owner.stdout, "data")) as [Buffer];
  const [child = 0, grandchild = 0] = line
    .toString()
    .trim()
    .split(" ")
    .map(Number);
  return { owner, child, grandchild };
}

/** Process ids of the guards of `directory`. */
function guards(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && isAlive(pid))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return (
          words[1]?.endsWith("guard.sh") === true && words[3] === directory
        );
      } catch {
        return false; // It ended while the list was read.
      }
    });
}

test("ends every group and removes the directory when the owner is killed", async () => {
  const { owner, child, grandchild } = await startOwner();
  expect(isAlive(grandchild)).toBe(true);
  owner.kill("SIGKILL");
  await gone(child);
  await gone(grandchild); // It ignores SIGTERM.
  await poll(() => (existsSync(parent) ? undefined : true), {
    everyMs: 20,
    timeoutMs: 5_000,
    what: "the removal of the directory",
  });
  await poll(() => (guards().length === 0 ? true : undefined), {
    everyMs: 20,
    timeoutMs: 5_000,
    what: "the end of the guard",
  });
});

test("touches nothing when the owner ends in order", async () => {
  const { owner, child, grandchild } = await startOwner();
  const ended = once(owner, "exit");
  owner.kill("SIGTERM");
  await ended;
  expect(guards()).toEqual([]);
  expect(existsSync(join(directory, "token"))).toBe(true);
  expect(isAlive(grandchild)).toBe(true);
  process.kill(grandchild, "SIGKILL");
  await gone(child); // The parent-death signal, not the guard.
});

test("is replaced when it is killed, and the new one knows the groups", async () => {
  const { owner, child, grandchild } = await startOwner();
  const [first = 0] = guards();
  expect(first).toBeGreaterThan(0);
  process.kill(first, "SIGKILL");
  const second = await poll(() => guards()[0], {
    everyMs: 20,
    timeoutMs: 5_000,
    what: "another guard",
  });
  expect(second).not.toBe(first);
  owner.kill("SIGKILL");
  await gone(child);
  await gone(grandchild);
});

test("ends in order twice without harm", async () => {
  const guard = new Guard({
    directory,
    parent: undefined,
    mark: "_STREAMSPACE_TEST_MARK=nobody",
    log: silentLog,
  });
  await Promise.all([guard.close(), guard.close()]);
  expect(guards()).toEqual([]);
  expect(existsSync(directory)).toBe(true);
});

test("ends a program that left its group and its parent", async () => {
  const { owner, child } = await startOwner();
  // Same environment as the child's, so it is the session's; but nobody's child, in a group of its own.
  const environment = Object.fromEntries(
    readFileSync(`/proc/${child}/environ`, "utf8")
      .split("\0")
      .filter((entry) => entry.includes("="))
      .map((entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), entry.slice(at + 1)];
      }),
  );
  const daemon = spawn("sleep", ["600"], {
    detached: true,
    stdio: "ignore",
    env: environment,
  });
  await once(daemon, "spawn");
  const ended = once(daemon, "exit");
  owner.kill("SIGKILL");
  await ended;
  expect(daemon.signalCode).toBe("SIGKILL");
});

test("leaves a directory above it alone in which something else is", async () => {
  writeFileSync(join(parent, "kept"), "x");
  const { owner } = await startOwner();
  owner.kill("SIGKILL");
  await poll(() => (existsSync(directory) ? undefined : true), {
    everyMs: 20,
    timeoutMs: 5_000,
    what: "the removal of the directory",
  });
  expect(existsSync(join(parent, "kept"))).toBe(true);
});
