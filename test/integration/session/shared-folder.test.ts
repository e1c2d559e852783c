/**
 * The folder of files on a real disk: what is in it afterwards, and what is not.
 */
import { execFileSync } from "node:child_process";
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  SharedFolder,
  type SharedFolderOptions,
} from "../../../agent/session/shared-folder.ts";
import type { FileDownload } from "../../../signaling/features/files.ts";
import { silentLog } from "../../fakes/logs.ts";
import { digestOf, randomText } from "../../fixtures/random-content.ts";
import { mountSmallDisk } from "../../fixtures/small-disk.ts";

const mebibyte = 1_048_576;

let base: string;
let path: string;
const owned: SharedFolder[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "shared-folder-"));
  path = join(base, "Downloads");
});

afterEach(async () => {
  for (const folder of owned.splice(0)) await folder.close();
  await rm(base, { recursive: true, force: true });
});

async function openFolder(
  more: Partial<SharedFolderOptions> = {},
): Promise<SharedFolder> {
  const folder = new SharedFolder({
    ...{ path, maxCount: 100, minFreeBytes: 0, maxListed: 100 },
    log: silentLog,
    ...more,
  });
  owned.push(folder);
  await folder.start();
  return folder;
}

async function put(
  folder: SharedFolder,
  name: string,
  content: Uint8Array,
): Promise<string> {
  const upload = await folder.openUpload(name, content.length);
  try {
    await upload.write(content);
    return await upload.finish();
  } finally {
    await upload.discard();
  }
}

async function contentOf(download: FileDownload): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of download.content) pieces.push(piece);
  } finally {
    await download.close();
  }
  return Buffer.concat(pieces);
}

describe("an upload", () => {
  test("has its name when it is whole, and not before", async () => {
    const folder = await openFolder();
    const content = randomText(3 * mebibyte);
    const upload = await folder.openUpload("notes.txt", content.length);
    await upload.write(content.subarray(0, 1_000));
    expect(await readdir(path)).toEqual([
      expect.stringMatching(/^\.streamspace-.*\.part$/),
    ]);
    expect((await folder.list()).files).toEqual([]);
    await upload.write(content.subarray(1_000));
    expect(await upload.finish()).toBe("notes.txt");
    await upload.discard();
    expect(await readdir(path)).toEqual(["notes.txt"]);
    expect(digestOf(await readFile(join(path, "notes.txt")))).toBe(
      digestOf(content),
    );
    expect((await stat(join(path, "notes.txt"))).mode & 0o111).toBe(0);
  });

  test("leaves nothing when it is called off, however often", async () => {
    const folder = await openFolder();
    const upload = await folder.openUpload("notes.txt", 10);
    await upload.write(randomText(5));
    await upload.discard();
    await upload.discard();
    expect(await readdir(path)).toEqual([]);
  });

  test("does not end before it is whole", async () => {
    const folder = await openFolder();
    const upload = await folder.openUpload("notes.txt", 10);
    await expect(upload.finish()).rejects.toMatchObject({ code: "internal" });
    await upload.discard();
    expect(await readdir(path)).toEqual([]);
  });

  test("replaces nothing: file, folder and link of its name stay, and it gets a number", async () => {
    const folder = await openFolder();
    const outside = join(base, "outside.txt");
    await writeFile(outside, "outside");
    await writeFile(join(path, "a.txt"), "first");
    await mkdir(join(path, "a (2).txt"));
    await symlink(outside, join(path, "a (3).txt"));
    await symlink(join(base, "nowhere"), join(path, "a (4).txt"));
    expect(await put(folder, "a.txt", Buffer.from("new"))).toBe("a (5).txt");
    expect(await readFile(join(path, "a.txt"), "utf8")).toBe("first");
    expect(await readFile(outside, "utf8")).toBe("outside");
    expect(await readdir(base)).toEqual(["Downloads", "outside.txt"]);
  });

  test("two of one name at once both get there", async () => {
    const folder = await openFolder();
    const names = await Promise.all(
      ["one", "two", "three"].map((words) =>
        put(folder, "same.txt", Buffer.from(words)),
      ),
    );
    expect(names.toSorted()).toEqual([
      "same (2).txt",
      "same (3).txt",
      "same.txt",
    ]);
  });

  test.each(["../evil", "/etc/evil", ".bashrc", "a\nb", "..", "a\0b"])(
    "is refused by the name %j, and touches nothing",
    async (name) => {
      const folder = await openFolder();
      await expect(folder.openUpload(name, 1)).rejects.toMatchObject({
        code: "bad-name",
      });
      expect(await readdir(path)).toEqual([]);
      expect(await readdir(base)).toEqual(["Downloads"]);
    },
  );

  test("stays in its folder when a link is put in the folder's place", async () => {
    const folder = await openFolder();
    const elsewhere = join(base, "elsewhere");
    await mkdir(elsewhere);
    const upload = await folder.openUpload("a.txt", 3);
    await rename(path, join(base, "moved"));
    await symlink(elsewhere, path);
    await upload.write(Buffer.from("abc"));
    await upload.finish();
    await upload.discard();
    expect(await readdir(elsewhere)).toEqual([]);
    expect(await readdir(join(base, "moved"))).toEqual(["a.txt"]);
    await expect(folder.openUpload("b.txt", 1)).rejects.toMatchObject({
      code: "unwritable",
    });
    await expect(folder.list()).rejects.toMatchObject({ code: "unwritable" });
    await expect(folder.openDownload("a.txt")).rejects.toMatchObject({
      code: "unwritable",
    });
  });

  test("makes the folder again where somebody has removed it", async () => {
    const folder = await openFolder();
    await rm(path, { recursive: true });
    expect(await put(folder, "a.txt", Buffer.from("abc"))).toBe("a.txt");
  });

  test("is refused where the folder has enough, those under way counted", async () => {
    const folder = await openFolder({ maxCount: 3 });
    await writeFile(join(path, "one"), "");
    await mkdir(join(path, "two"));
    await writeFile(join(path, ".hidden"), "");
    const begun = await Promise.allSettled([
      folder.openUpload("three", 1),
      folder.openUpload("four", 1),
    ]);
    const refused = begun.filter(({ status }) => status === "rejected");
    // Two that begin at once may both be refused, but never both be taken.
    expect(refused.length).toBeGreaterThanOrEqual(1);
    for (const each of begun)
      if (each.status === "fulfilled") await each.value.discard();
    const third = await folder.openUpload("three", 1);
    await expect(folder.openUpload("four", 1)).rejects.toMatchObject({
      code: "too-many",
    });
    await third.discard();
  });

  test("is refused where the disk lacks room, those under way counted", async () => {
    await using disk = await mountSmallDisk(8 * mebibyte);
    const folder = await openFolder({
      path: disk.path,
      minFreeBytes: mebibyte,
    });
    const first = await folder.openUpload("a", 5 * mebibyte);
    await expect(folder.openUpload("b", 3 * mebibyte)).rejects.toMatchObject({
      code: "disk-full",
    });
    await first.write(randomText(5 * mebibyte));
    await expect(folder.openUpload("b", 3 * mebibyte)).rejects.toMatchObject({
      code: "disk-full",
    });
    const second = await folder.openUpload("b", mebibyte);
    await second.discard();
    await first.discard();
    expect(await readdir(disk.path)).toEqual([]);
    await folder.close();
  });

  test("says that the disk is full when it fills up on the way, and leaves nothing", async () => {
    await using disk = await mountSmallDisk(4 * mebibyte);
    const folder = await openFolder({ path: disk.path });
    const upload = await folder.openUpload("a", 3 * mebibyte);
    await writeFile(join(disk.path, "other"), randomText(2 * mebibyte));
    await expect(upload.write(randomText(3 * mebibyte))).rejects.toMatchObject({
      code: "disk-full",
    });
    await upload.discard();
    expect(await readdir(disk.path)).toEqual(["other"]);
    await folder.close();
  });

  test("ends with the folder", async () => {
    const folder = await openFolder();
    await folder.openUpload("a", 5);
    await folder.close();
    await folder.close();
    expect(await readdir(path)).toEqual([]);
    await expect(folder.openUpload("b", 5)).rejects.toMatchObject({
      code: "closed",
    });
  });
});

describe("what a killed agent left", () => {
  test("is removed at the start, and nobody else's files are", async () => {
    const uuid = "01234567-89ab-cdef-0123-456789abcdef";
    const stale = `.streamspace-${uuid}.part`;
    const fresh = `.streamspace-${uuid.replace("0", "1")}.part`;
    const others = [".streamspace-notes.part", ".profile", "a.part"];
    await mkdir(path);
    for (const name of [stale, fresh, ...others])
      await writeFile(join(path, name), "x");
    const longAgo = new Date(Date.now() - 61_000);
    for (const name of [stale, ...others])
      await utimes(join(path, name), longAgo, longAgo);
    await openFolder();
    // The fresh one may be another agent's, which writes to it.
    expect((await readdir(path)).toSorted()).toEqual(
      [fresh, ...others].toSorted(),
    );
  });

  test("does not keep a folder from being used that cannot be used yet", async () => {
    await writeFile(path, "a file in its place");
    const folder = await openFolder();
    await expect(folder.list()).rejects.toMatchObject({ code: "unwritable" });
    await rm(path);
    expect((await folder.list()).files).toEqual([]);
  });
});

describe("the list and downloads", () => {
  /** What is in the folder and is not given. */
  async function fillWithOthers(): Promise<string[]> {
    await mkdir(path, { recursive: true });
    await writeFile(join(base, "secret"), "secret");
    await symlink(join(base, "secret"), join(path, "link"));
    await symlink(base, join(path, "link-to-folder"));
    await mkdir(join(path, "folder"));
    await writeFile(join(path, "folder", "inner"), "inner");
    await writeFile(join(path, ".hidden"), "hidden");
    await writeFile(join(path, "line\nbreak"), "control");
    execFileSync("mkfifo", [join(path, "pipe")]);
    return [
      ...["link", "link-to-folder", "folder", "folder/inner", ".hidden"],
      ...["line\nbreak", "pipe", "../secret", "link-to-folder/secret"],
      ...[join(base, "secret"), ".", "..", "", "missing"],
    ];
  }

  test("have regular files of the folder, the latest first, and nothing else", async () => {
    const others = await fillWithOthers();
    await writeFile(join(path, "old.txt"), "old");
    await utimes(join(path, "old.txt"), new Date(1e12), new Date(1e12));
    await writeFile(join(path, "new.txt"), "newer");
    const decomposed = "Gru\u0308n.txt";
    await writeFile(join(path, decomposed), "as it is on the disk");
    await utimes(join(path, decomposed), new Date(1.1e12), new Date(1.1e12));
    const folder = await openFolder();
    const { files, isWhole } = await folder.list();
    expect(files.map(({ name, bytes }) => ({ name, bytes }))).toEqual([
      { name: "new.txt", bytes: 5 },
      { name: decomposed, bytes: 20 },
      { name: "old.txt", bytes: 3 },
    ]);
    expect(files.at(-1)?.modifiedMs).toBe(1e12);
    expect(isWhole).toBe(true);
    for (const name of others) {
      await expect(
        folder.openDownload(name),
        JSON.stringify(name),
      ).rejects.toMatchObject({ code: "no-file" });
    }
    const given = await folder.openDownload(decomposed);
    expect((await contentOf(given)).toString()).toBe("as it is on the disk");
  });

  test("say when there is more than is listed", async () => {
    const folder = await openFolder({ maxListed: 2 });
    for (const name of ["a", "b", "c"]) await writeFile(join(path, name), "");
    const { files, isWhole } = await folder.list();
    expect([files.length, isWhole]).toEqual([2, false]);
  });

  test("give every byte, of an empty file none", async () => {
    const folder = await openFolder();
    const content = randomText(3 * mebibyte + 17, 5);
    await writeFile(join(path, "large"), content);
    await writeFile(join(path, "empty"), "");
    const large = await folder.openDownload("large");
    expect(large.bytes).toBe(content.length);
    expect(digestOf(await contentOf(large))).toBe(digestOf(content));
    const empty = await folder.openDownload("empty");
    expect([empty.bytes, (await contentOf(empty)).length]).toEqual([0, 0]);
  });

  test("give what a file had when it was asked for, or fail", async () => {
    const folder = await openFolder();
    await writeFile(join(path, "grows"), "abc");
    const grows = await folder.openDownload("grows");
    await writeFile(join(path, "grows"), "abcdef");
    expect((await contentOf(grows)).toString()).toBe("abc");
    await writeFile(join(path, "shrinks"), randomText(mebibyte));
    const shrinks = await folder.openDownload("shrinks");
    await truncate(join(path, "shrinks"), 1_000);
    await expect(contentOf(shrinks)).rejects.toMatchObject({ code: "no-file" });
  });

  test("say that a file cannot be read that is not the user's", async () => {
    const folder = await openFolder();
    await writeFile(join(path, "locked"), "x");
    await chmod(join(path, "locked"), 0);
    const opening = folder.openDownload("locked");
    // Root reads everything.
    if (process.getuid?.() === 0) await (await opening).close();
    else await expect(opening).rejects.toMatchObject({ code: "unwritable" });
  });

  test("give a hard link, which is a regular file of the folder", async () => {
    const folder = await openFolder();
    await writeFile(join(path, "a"), "abc");
    await link(join(path, "a"), join(path, "b"));
    const given = await folder.openDownload("b");
    expect((await contentOf(given)).toString()).toBe("abc");
  });
});
