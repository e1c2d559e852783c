/**
 * Files between the page and the agent: both ends as they are, the disk in memory.
 */
import { describe, expect, test } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import type { FileTransfer } from "../../../client/src/file-queue.ts";
import { filesFeature } from "../../../signaling/features/files.ts";
import { FilesLink, linkTo } from "../../fakes/files-link.ts";
import { recordingLog } from "../../fakes/logs.ts";
import { MemoryFiles } from "../../fakes/memory-files.ts";
import { digestOf, randomText } from "../../fixtures/random-content.ts";

const fileOf = (name: string, content: Uint8Array): File =>
  new File([content], name);

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { interval: 2, timeout: 5_000 }).toBe(true);
}

async function settled(link: FilesLink): Promise<readonly FileTransfer[]> {
  await until(() =>
    link.page.state.transfers.every(
      ({ state }) => state !== "waiting" && state !== "moving",
    ),
  );
  return link.page.state.transfers;
}

async function ready(link: FilesLink): Promise<FilesLink> {
  await until(() => link.page.state.maxBytes > 0);
  return link;
}

describe("files", () => {
  test("are uploaded whole, several and an empty one, and are then in the list", async () => {
    const folder = new MemoryFiles();
    const link = await ready(linkTo(folder));
    const contents = [0, 1, 2_500_000, 700_000].map((bytes, at) =>
      randomText(bytes, at + 1),
    );
    link.page.upload(
      contents.map((content, at) => fileOf(`file ${at}.bin`, content)),
    );
    const transfers = await settled(link);
    expect(transfers.map(({ state }) => state)).toEqual(
      contents.map(() => "done"),
    );
    for (const [at, content] of contents.entries())
      expect(digestOf(folder.stored.get(`file ${at}.bin`) ?? content)).toBe(
        digestOf(content),
      );
    await until(() => link.page.state.files?.length === 4);
    expect(link.notices).toMatchObject([
      { kind: "ended", outcome: { direction: "upload", failed: [] } },
    ]);
    expect(folder.open).toBe(0);
  });

  test("are downloaded whole", async () => {
    const folder = new MemoryFiles();
    const content = randomText(2_000_003);
    folder.stored.set("a.bin", content);
    folder.stored.set("empty", new Uint8Array());
    const link = await ready(linkTo(folder));
    link.page.download("a.bin");
    link.page.download("empty");
    await settled(link);
    const saved = await link.saved.get("a.bin")?.arrayBuffer();
    expect(digestOf(new Uint8Array(saved ?? []))).toBe(digestOf(content));
    expect(link.saved.get("empty")?.size).toBe(0);
    const read = await link.page.read("a.bin");
    expect(read.size).toBe(content.length);
    // The page has all before the agent hears of it.
    await until(() => folder.open === 0);
  });

  test.each(["", "x".repeat(1_025)])(
    "with a name that no message may have fail here, and the connection goes on",
    async (name) => {
      const link = await ready(linkTo(new MemoryFiles()));
      link.page.upload([fileOf(name, randomText(5))]);
      link.page.download(name);
      const transfers = await settled(link);
      expect(transfers.map(({ problem }) => problem)).toEqual([
        "bad-name",
        "not-found",
      ]);
      await expect(link.page.read(name)).rejects.toMatchObject({
        problem: "not-found",
      });
      link.page.upload([fileOf("good", randomText(5))]);
      await until(() => link.page.state.files?.[0]?.name === "good");
    },
  );

  test("have the name that they got", async () => {
    const folder = new MemoryFiles();
    folder.stored.set("a", new Uint8Array());
    const link = await ready(linkTo(folder));
    link.page.upload([fileOf("a", randomText(5))]);
    expect(await settled(link)).toMatchObject([
      { name: "a (2)", state: "done" },
    ]);
  });

  test("tell their progress", async () => {
    const link = await ready(linkTo(new MemoryFiles()));
    const seen = new Set<number>();
    link.page.subscribe(() => {
      for (const { bytes } of link.page.state.transfers) seen.add(bytes);
    });
    link.page.upload([fileOf("a", randomText(1_000_000))]);
    await settled(link);
    expect(seen.size).toBeGreaterThan(5);
    expect(Math.max(...seen)).toBe(1_000_000);
  });

  test.each([
    ["upload", "bad-name", "bad-name"],
    ["upload", "disk-full", "disk-full"],
    ["upload", "too-many", "too-many"],
    ["upload", "unwritable", "unavailable"],
    ["upload", "timeout", "unavailable"],
    ["download", "no-file", "not-found"],
    ["download", "unwritable", "unavailable"],
    ["download", "internal", "failed"],
  ] as const)(
    "fail as the folder says: %s, %s",
    async (direction, code, problem) => {
      const folder = new MemoryFiles();
      const link = await ready(linkTo(folder));
      folder.failure = new StreamSpaceError(code, "no");
      if (direction === "upload")
        link.page.upload([fileOf("a", randomText(900_000))]);
      else link.page.download("a");
      expect(await settled(link)).toMatchObject([{ state: "failed", problem }]);
      expect(folder.open).toBe(0);
    },
  );

  test("say that the disk is full when it fills up on the way", async () => {
    const folder = new MemoryFiles();
    const link = await ready(linkTo(folder));
    folder.writeFailure = new StreamSpaceError("disk-full", "full");
    link.page.upload([fileOf("a", randomText(3_000_000))]);
    expect(await settled(link)).toMatchObject([
      { state: "failed", problem: "disk-full" },
    ]);
    expect([folder.open, folder.stored.size]).toEqual([0, 0]);
  });

  test("are not sent where they are too large, and the agent refuses them too", async () => {
    const folder = new MemoryFiles();
    const link = await ready(linkTo(folder, { maxBytes: 1_000 }));
    link.page.upload([fileOf("a", randomText(1_001))]);
    folder.stored.set("large", randomText(1_001));
    link.page.download("large");
    const transfers = await settled(link);
    expect(transfers.map(({ problem }) => problem)).toEqual([
      "too-large",
      "too-large",
    ]);
    link.say({
      ...{ type: "file-put", put: 77, name: "a", bytes: 1_001, transfer: 1 },
    });
    await until(() =>
      link.sent.some(
        (message) => message.type === "file-put-done" && message.put === 77,
      ),
    );
    expect(link.sent).toContainEqual({
      ...{ type: "bulk-end", transfer: 1, reason: "cancelled" },
    });
    expect(link.sent.at(-1)).toMatchObject({ reason: "too-large" });
    expect([...folder.stored.keys()]).toEqual(["large"]);
  });

  test("that cannot be read say so", async () => {
    const folder = new MemoryFiles();
    const link = await ready(linkTo(folder));
    const file = fileOf("a", randomText(100));
    file.slice = () =>
      ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) as never;
    link.page.upload([file]);
    expect(await settled(link)).toMatchObject([
      { state: "failed", problem: "unreadable" },
    ]);
    await until(() => folder.open === 0);
    expect(folder.stored.size).toBe(0);
  });

  test("are called off on both sides, waiting ones too", async () => {
    const folder = new MemoryFiles();
    const link = await ready(linkTo(folder));
    const content = randomText(8_000_000);
    link.page.upload(["a", "b", "c"].map((name) => fileOf(name, content)));
    await until(() => (link.page.state.transfers[0]?.bytes ?? 0) > 0);
    expect(link.page.state.transfers[2]?.state).toBe("waiting");
    for (const { id } of link.page.state.transfers) {
      link.page.cancel(id);
      link.page.cancel(id);
    }
    const transfers = await settled(link);
    expect(transfers.map(({ state }) => state)).toEqual([
      ...["cancelled", "cancelled", "cancelled"],
    ]);
    await until(() => folder.open === 0);
    expect(folder.stored.size).toBe(0);
    // It goes on with the next.
    link.page.upload([fileOf("d", randomText(10))]);
    await settled(link);
    expect([...folder.stored.keys()]).toEqual(["d"]);
  });

  test("that are downloaded are called off on both sides", async () => {
    const folder = new MemoryFiles();
    folder.stored.set("a", randomText(8_000_000));
    const link = await ready(linkTo(folder));
    link.page.download("a");
    await until(() => (link.page.state.transfers[0]?.bytes ?? 0) > 0);
    link.page.cancel(link.page.state.transfers[0]?.id ?? "");
    expect(await settled(link)).toMatchObject([{ state: "cancelled" }]);
    await until(() => folder.open === 0);
    expect(link.saved.size).toBe(0);
  });

  test("fail with the connection, and those that wait go on with the next one", async () => {
    const folder = new MemoryFiles();
    const link = await ready(linkTo(folder));
    const content = randomText(3_000_000);
    link.page.upload(["a", "b", "c"].map((name) => fileOf(name, content)));
    await until(() => (link.page.state.transfers[0]?.bytes ?? 0) > 0);
    link.disconnect();
    await until(() => folder.open === 0);
    await until(() => link.page.state.transfers[1]?.problem === "lost");
    expect(link.page.state).toMatchObject({
      mayUpload: false,
      transfers: [
        { state: "failed", problem: "lost" },
        { state: "failed", problem: "lost" },
        { state: "waiting" },
      ],
    });
    link.connect();
    await settled(link);
    expect([...folder.stored.keys()]).toEqual(["c"]);
  });

  test("wait for their turn where the session has enough under way", async () => {
    const folder = new MemoryFiles();
    const go = Promise.withResolvers<undefined>();
    const feature = filesFeature(folder, {
      policy: "both",
      maxBytes: 10_000_000,
    });
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map(() => ready(new FilesLink({ feature }))),
    );
    if (one === undefined || two === undefined || three === undefined)
      throw new Error("three were made");
    folder.delay = go.promise;
    for (const link of [one, two])
      link.page.upload([1, 2].map((at) => fileOf(`x${at}`, randomText(10))));
    await until(() =>
      [one, two].every((link) =>
        link.page.state.transfers.every(({ state }) => state === "moving"),
      ),
    );
    three.page.upload([fileOf("late", randomText(10))]);
    expect(await settled(three)).toMatchObject([{ problem: "busy" }]);
    go.resolve(undefined);
    await settled(one);
    await settled(two);
    three.page.upload([fileOf("late", randomText(10))]);
    expect((await settled(three)).at(-1)).toMatchObject({ state: "done" });
  });
});

describe("the rules", () => {
  test.each([
    ["upload", true, false],
    ["download", false, true],
    ["both", true, true],
  ] as const)(
    "%s: the agent keeps to it whatever the page does",
    async (policy, mayUpload, mayDownload) => {
      const folder = new MemoryFiles();
      folder.stored.set("there", randomText(5));
      const link = await ready(linkTo(folder, { policy }));
      expect(link.page.state).toMatchObject({ mayUpload, mayDownload });
      link.say({
        ...{ type: "file-put", put: 9, name: "new", bytes: 0, transfer: 9 },
      });
      link.say({ type: "file-get", get: 9, name: "there" });
      link.say({ type: "files-list" });
      await until(
        () =>
          link.sent.filter(({ type }) =>
            [
              ...["file-put-done", "file-content", "file-refused"],
              "files-listing",
            ].includes(type),
          ).length >= 3,
      );
      await until(() => folder.open === 0);
      expect(folder.stored.has("new")).toBe(mayUpload);
      expect(link.sent.some(({ type }) => type === "file-content")).toBe(
        mayDownload,
      );
      const refusals = [mayUpload, mayDownload, mayDownload].filter(
        (may) => !may,
      ).length;
      expect(link.reports).toEqual(
        Array.from({ length: refusals }, () => "not-allowed"),
      );
    },
  );

  test("a viewer gets nothing, puts nothing and sees no list", async () => {
    const folder = new MemoryFiles();
    folder.stored.set("secret.txt", randomText(50));
    const link = await ready(linkTo(folder, {}, { role: "viewer" }));
    expect(link.page.state).toMatchObject({
      ...{ mayUpload: false, mayDownload: false, files: undefined },
    });
    link.page.upload([fileOf("a", randomText(5))]);
    expect(link.notices).toEqual([{ kind: "not-taken" }]);
    link.page.download("secret.txt");
    link.say({
      ...{ type: "file-put", put: 9, name: "new", bytes: 5, transfer: 9 },
    });
    link.say({ type: "file-get", get: 9, name: "secret.txt" });
    link.say({ type: "files-list" });
    await until(() => link.reports.length === 4);
    expect(new Set(link.reports)).toEqual(new Set(["not-allowed"]));
    expect([...folder.stored.keys()]).toEqual(["secret.txt"]);
    expect([folder.lists, folder.open]).toEqual([0, 0]);
    expect(JSON.stringify(link.sent)).not.toContain("secret");
  });

  test("control that is given or taken changes what may be done", async () => {
    const link = await ready(linkTo(new MemoryFiles()));
    link.mayControl = false;
    link.page.controlChanged();
    await until(() => !link.page.state.mayUpload);
    expect(link.page.state.files).toBeUndefined();
    link.mayControl = true;
    link.page.controlChanged();
    await until(() => link.page.state.mayUpload);
    await until(() => link.page.state.files !== undefined);
  });

  test("asking for the list again and again costs one look at a time", async () => {
    const folder = new MemoryFiles();
    const go = Promise.withResolvers<undefined>();
    const link = await ready(linkTo(folder));
    await until(() => link.page.state.files !== undefined);
    folder.delay = go.promise;
    const before = folder.lists;
    for (let at = 0; at < 50; at += 1) link.say({ type: "files-list" });
    await until(() => folder.lists > before);
    await new Promise(setImmediate);
    expect(folder.lists).toBe(before + 1);
    go.resolve(undefined);
  });
});

test("the log has direction, size, outcome and extension, and no name and no content", async () => {
  const { log, lines } = recordingLog();
  const folder = new MemoryFiles();
  const link = await ready(linkTo(folder, {}, { log }));
  link.page.upload([fileOf("Diagnosis of Ada.pdf", Buffer.from("private"))]);
  await settled(link);
  link.page.download("Diagnosis of Ada.pdf");
  await settled(link);
  await until(() => folder.open === 0);
  link.page.download("no such letter.txt");
  await settled(link);
  const noted = lines
    .map((line) => JSON.parse(line) as { msg: string })
    .filter(({ msg }) => msg === "a file transfer ended");
  expect(noted).toMatchObject([
    { direction: "upload", bytes: 7, outcome: "done", extension: ".pdf" },
    { direction: "download", bytes: 7, outcome: "done", extension: ".pdf" },
    { direction: "download", outcome: "not-found", extension: ".txt" },
  ]);
  expect(lines.join()).not.toMatch(/Diagnosis|letter|private/);
});
