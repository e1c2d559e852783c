import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createSessionDirectory,
  readSessionFacts,
  removeSessionDirectory,
  restoreSessionDirectory,
  sessionPaths,
  writeSessionFacts,
} from "../../../agent/session/session-directory.ts";
import { processIdentity } from "../../../agent/base/process-identity.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "streamspace-dir-"));
});
afterEach(() => {
  if (existsSync(folder)) chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

const facts = {
  host: "127.0.0.1",
  port: 8080,
  display: ":1",
  pulseServer: "unix:/x",
  soundFifo: "/y",
};

test("is for its user alone, and clears away what a session before left", () => {
  mkdirSync(join(folder, "session"));
  writeFileSync(join(folder, "session", "agent.pid"), "");
  writeFileSync(join(folder, "session", "stale"), "x");
  const { paths } = createSessionDirectory(folder);
  expect(statSync(paths.session).mode & 0o777).toBe(0o700);
  expect(statSync(paths.pid).mode & 0o777).toBe(0o600);
  expect(existsSync(join(paths.session, "stale"))).toBe(false);
});

test("of an agent that runs is refused, and its facts can be read", async () => {
  const { paths } = createSessionDirectory(folder);
  const other = spawn("sleep", ["60"]);
  try {
    await once(other, "spawn");
    writeFileSync(paths.pid, processIdentity(other.pid ?? 0) ?? "");
    writeSessionFacts(paths, facts);
    expect(readSessionFacts(folder)).toEqual(facts);
    expect(() => createSessionDirectory(folder)).toThrow(
      expect.objectContaining({ code: "unwritable" }),
    );
  } finally {
    const ended = once(other, "exit");
    other.kill("SIGKILL");
    await ended;
  }
  expect(readSessionFacts(folder), "it is dead now").toBeUndefined();
  createSessionDirectory(folder);
});

test("is taken over where the owner's number belongs to another process by now", () => {
  const { paths } = createSessionDirectory(folder);
  writeFileSync(paths.pid, "1 1"); // Process 1 lives, but did not start one tick after the machine.
  expect(readSessionFacts(folder)).toBeUndefined();
  expect(() => createSessionDirectory(folder)).not.toThrow();
});

test("that cannot be made says which and why", () => {
  writeFileSync(join(folder, "file"), "x");
  expect(() => createSessionDirectory(join(folder, "file", "below"))).toThrow(
    expect.objectContaining({
      code: "unwritable",
      message: expect.stringContaining(join(folder, "file", "below")) as string,
      mend: expect.stringContaining("--runtime-dir") as string,
    }),
  );
});

test("with a path too long for a socket is refused", () => {
  expect(() => createSessionDirectory(join(folder, "x".repeat(80)))).toThrow(
    expect.objectContaining({ code: "unwritable" }),
  );
});

test("is removed in the end, but not what else is beside it", () => {
  const directory = createSessionDirectory(folder);
  removeSessionDirectory(directory);
  removeSessionDirectory(directory);
  expect(existsSync(sessionPaths(folder).session)).toBe(false);
  expect(existsSync(folder), "it was there before").toBe(true);
});

test("takes the directory above with it where it made that, and nothing else is in it", () => {
  const above = join(folder, "a", "b");
  const first = createSessionDirectory(above);
  expect(first.madeRuntimeDir).toBe(true);
  writeFileSync(join(above, "kept"), "x");
  removeSessionDirectory(first);
  expect(existsSync(join(above, "kept"))).toBe(true);
  rmSync(join(above, "kept"));
  removeSessionDirectory(first);
  expect(existsSync(above)).toBe(false);
});

test("that holds somebody's own files is refused, and they stay", () => {
  mkdirSync(join(folder, "session"));
  writeFileSync(join(folder, "session", "thesis"), "x");
  expect(() => createSessionDirectory(folder)).toThrow(
    expect.objectContaining({ code: "unwritable" }),
  );
  expect(existsSync(join(folder, "session", "thesis"))).toBe(true);
});

test("on a file system that takes no directories is refused at once", () => {
  expect(() => createSessionDirectory("/proc/streamspace/x")).toThrow(
    expect.objectContaining({ code: "unwritable" }),
  );
});

test("comes back when a cleaner of temporary files took it away", () => {
  const { paths } = createSessionDirectory(folder);
  rmSync(paths.session, { recursive: true });
  restoreSessionDirectory(paths);
  expect(existsSync(paths.pulse)).toBe(true);
  expect(existsSync(paths.pid)).toBe(true);
});

test("has no facts where there is rubbish in their place", () => {
  const { paths } = createSessionDirectory(folder);
  writeFileSync(paths.facts, "{");
  writeFileSync(paths.pid, "1");
  expect(readSessionFacts(folder)).toBeUndefined();
  writeFileSync(paths.pid, "not a number");
  expect(readSessionFacts(folder)).toBeUndefined();
});
