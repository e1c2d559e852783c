import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

  it("on a disk that hangs is written by one write at a time, and no line twice", async () => {
    const path = join(folder, "events.jsonl");
    const { promise: free, resolve: setFree } =
      Promise.withResolvers<undefined>();
    let writes = 0;
    const log = new EventLog(path, async (descriptor, bytes) => {
      writes += 1;
      await free;
      return { bytesWritten: writeSync(descriptor, bytes) };
    });
    // As an outbox does that has given up waiting.
    const tries = ["1", "1", "1"].map((id) => append(log, id));
    const next = append(log, "2");
    await vi.waitFor(
      () => {
        expect(writes).toBe(1);
      },
      { timeout: 5_000 },
    );
    await delay(50);
    expect(writes).toBe(1);
    setFree(undefined);
    await Promise.all(tries);
    await append(log, "2");
    await next;
    expect(await readFile(path, "utf8")).toBe("1\n2\n");
  });

  it("on a disk that hangs holds up nobody's end, and is closed when it is over", async () => {
    const { promise: free, resolve: setFree } =
      Promise.withResolvers<undefined>();
    const { promise: began, resolve: begins } = Promise.withResolvers<number>();
    const log = new EventLog(
      join(folder, "events.jsonl"),
      async (descriptor, bytes) => {
        begins(descriptor);
        await free;
        return { bytesWritten: writeSync(descriptor, bytes) };
      },
    );
    const writing = append(log, "1");
    const descriptor = await began;
    await log.close();
    expect(fstatSync(descriptor).isFile()).toBe(true);
    setFree(undefined);
    await writing;
    expect(() => fstatSync(descriptor)).toThrow(/EBADF/);
    await expect(append(log, "2")).rejects.toThrow(/closed/);
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
