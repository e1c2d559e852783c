import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, openSync, readSync, renameSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventLog } from "../../../agent/events/event-log.ts";
import type { EventRecord } from "../../../agent/events/session-event.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "events-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function append(log: EventLog, id: string, text = id): Promise<void> {
  const record = { id } as EventRecord;
  await log.deliver(text, record, new AbortController().signal);
}

describe("a file of events", () => {
  it("is appended to, and only its owner reads it", async () => {
    const path = join(folder, "events.jsonl");
    for (const id of ["1", "2"]) {
      const log = new EventLog(path);
      await append(log, id);
      await log.close();
      await log.close();
    }
    expect(await readFile(path, "utf8")).toBe("1\n2\n");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("that is rotated away is left behind", async () => {
    const path = join(folder, "events.jsonl");
    const log = new EventLog(path);
    await append(log, "1");
    renameSync(path, `${path}.1`);
    await append(log, "2");
    await log.close();
    expect(await readFile(path, "utf8")).toBe("2\n");
  });

  it("that cannot be written is an error each time, until it can", async () => {
    const path = join(folder, "missing", "events.jsonl");
    const log = new EventLog(path);
    await expect(append(log, "1")).rejects.toThrow(/ENOENT/);
    execFileSync("mkdir", [join(folder, "missing")]);
    await append(log, "1");
    expect(await readFile(path, "utf8")).toBe("1\n");
  });

  it("on a full disk fails, and does not hang", async () => {
    const log = new EventLog("/dev/full");
    await expect(append(log, "1")).rejects.toThrow(/ENOSPC/);
    await log.close();
  });
});

describe("a descriptor of events", () => {
  it("that nobody reads fails instead of waiting, and no line is cut", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    const log = new EventLog(`fd:${writer}`);
    closeSync(writer);
    const long = "x".repeat(50_000);
    await append(log, "1", long);
    // More than the pipe holds: what went in counts, and the rest follows.
    await expect(append(log, "2", long)).rejects.toThrow(/EAGAIN/);
    const bytes = Buffer.alloc(200_000);
    let length = readSync(reader, bytes);
    await append(log, "2", long);
    length += readSync(reader, bytes, { offset: length });
    expect(bytes.toString("utf8", 0, length)).toBe(`${long}\n${long}\n`);
    await log.close();
    closeSync(reader);
  });

  it("that is not open is refused with a mend", () => {
    expect(() => new EventLog("fd:987")).toThrow(
      expect.objectContaining({
        code: "unwritable",
        mend: expect.stringContaining("3>>") as string,
      }),
    );
  });

  it("that is a socket is refused", () => {
    const child = spawn("sleep", ["5"], { stdio: "pipe" });
    const socket = (child.stdin as unknown as { _handle: { fd: number } })
      ._handle.fd;
    expect(() => new EventLog(`fd:${socket}`)).toThrow(/cannot be opened/);
    child.kill();
  });
});
