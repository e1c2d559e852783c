/**
 * The folder that survives builds, and the lock in it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../../../../scripts/images/build-lock.ts";
import { openCache } from "../../../../scripts/images/cache.ts";
import { digestOf } from "../../../../scripts/images/canonical.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "image-cache-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = () => openCache({ STREAMSPACE_IMAGE_CACHE: folder });
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
/** Writes a file that was used so many days ago. */
function write(path: string, days: number): string {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "x");
  utimesSync(file, daysAgo(days), daysAgo(days));
  return file;
}

describe("the cache", () => {
  it("loses what stopped builds left, and what nobody used for a month", async () => {
    const uuid = "01234567-89ab-cdef-0123-456789abcdef";
    const old = "0a".repeat(32);
    const recent = "1b".repeat(32);
    const gone = [
      write(".streamspace-build-AbCdEf/deep/file", 0),
      write(`blobs/.${uuid}`, 0),
      write(`layers-v3/a.json.${uuid}`, 0),
      write(`stages/runtime-amd64.json.${uuid}`, 0),
      write(`blobs/${old}`, 31),
      write(`layers-v2/${old}.json`, 31),
      write(`layers-v3/${old}-0.json`, 31),
    ];
    const kept = [
      write(`blobs/${recent}`, 29),
      write(`layers-v3/${recent}.json`, 29),
      write("stages/runtime-amd64.json", 99),
      // Of somebody who has the same folder for other things.
      write("build-images/file", 99),
      write("blobs/sha256/file", 99),
      write("layers-of-mine/file", 99),
    ];
    const cache = await open();
    expect(gone.filter((file) => existsSync(file))).toEqual([]);
    expect(kept.filter((file) => !existsSync(file))).toEqual([]);
    await cache.close();
    expect(existsSync(cache.temporary)).toBe(false);
    expect(existsSync(join(folder, "lock"))).toBe(false);
  });

  it("touches nothing while another build has it", async () => {
    const cache = await open();
    await expect(open()).rejects.toThrow("another build of images is running");
    expect(existsSync(cache.temporary)).toBe(true);
    await cache.close();
  });

  it("takes a layer that is looked up for used", async () => {
    const tar = join(folder, "layer.tar");
    writeFileSync(tar, Buffer.alloc(1024));
    const source = { diffId: digestOf(readFileSync(tar)), epoch: undefined };
    const first = await open();
    const signal = new AbortController().signal;
    const { blob } = await first.store.add(source, tar, signal);
    const files = [
      first.store.blobFile(blob.digest),
      ...readdirSync(join(folder, "layers-v3")).map((name) =>
        join(folder, "layers-v3", name),
      ),
    ];
    for (const file of files) utimesSync(file, daysAgo(40), daysAgo(40));
    expect(await first.store.find(source)).toMatchObject({ blob });
    await first.close();
    const second = await open();
    expect(await second.store.find(source)).toMatchObject({ blob });
    await second.close();
  });
});

describe("the lock", () => {
  const lock = (): string => join(folder, "lock");
  const taken = (): boolean => {
    takeLock(lock())();
    return !existsSync(lock());
  };
  const startOf = (pid: number): string => {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  };

  it("of a build that runs is named with its file", () => {
    writeFileSync(lock(), `${process.ppid} ${startOf(process.ppid)}`);
    expect(taken).toThrow(
      `another build of images is running on this machine: process ${process.ppid}, by the lock ${lock()}`,
    );
  });

  it("is taken over where another process has the number of its owner", () => {
    writeFileSync(lock(), `${process.ppid} 1`);
    expect(taken()).toBe(true);
  });

  it("is taken over from a process that is gone", async () => {
    const child = spawn("true");
    await once(child, "close");
    writeFileSync(lock(), `${child.pid ?? 0} 5`);
    expect(taken()).toBe(true);
  });

  it.each(["", "0", "-1", "x", "1 2 3"])(
    "is taken over where it says %j",
    (text) => {
      writeFileSync(lock(), text);
      expect(taken()).toBe(true);
    },
  );

  it("is not given back where it is another's by now", () => {
    const giveBack = takeLock(lock());
    writeFileSync(lock(), "1 1");
    giveBack();
    expect(existsSync(lock())).toBe(true);
  });
});
