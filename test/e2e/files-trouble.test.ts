/**
 * Files that do not get there, or may not: nothing of them stays, nothing else is touched, and the page says why.
 */
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startAgent } from "../fixtures/agent-process.ts";
import {
  cancelAll,
  choose,
  digestOfFile,
  download,
  drag,
  entriesOf,
  filesState,
  isIdle,
  makeSlowFile,
  openFilesPanel,
  untilUploading,
  uploadNamed,
  waitForFiles,
} from "../fixtures/e2e-files.ts";
import {
  maxFileBytes,
  startFilesSession,
  type FilesSession,
} from "../fixtures/e2e-files-session.ts";
import { openForInput } from "../fixtures/e2e-input.ts";
import { openRelay, shareLink } from "../fixtures/e2e-sharing.ts";
import { openInChromium } from "../fixtures/e2e-viewer.ts";
import { mountSmallDisk } from "../fixtures/small-disk.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 20, timeout: 10_000 };
const mebibyte = 1_048_576;
const megabyte = 1_000_000;

let session: FilesSession;

beforeAll(async () => {
  session = await startFilesSession();
}, 60_000);

afterEach(() => session.clear());

afterAll(async () => {
  await session[Symbol.asyncDispose]();
}, 30_000);

test(
  "a page that goes in the middle of an upload leaves nothing",
  async () => {
    const path = await makeSlowFile(join(session.device, "slow.bin"));
    {
      await using viewer = await session.openPage();
      const { page } = viewer;
      await openFilesPanel(page);
      await choose(page, path);
      await untilUploading(page, session.folder);
    }
    await expect.poll(() => entriesOf(session.folder), arrival).toEqual([]);
  },
  testTimeoutMs,
);

test(
  "an upload ends with its connection, on both sides, and the page comes back",
  async () => {
    await using relay = await openRelay(session.agent.port);
    const url = new URL(session.agent.url);
    url.port = String(relay.port);
    await using viewer = await session.openPage(url.href);
    const { page } = viewer;
    await openFilesPanel(page);
    await choose(page, await makeSlowFile(join(session.device, "slow.bin")));
    await untilUploading(page, session.folder);
    relay.cut();
    await expect.poll(() => entriesOf(session.folder), arrival).toEqual([]);
    const { transfers } = await waitForFiles(page, "its end", isIdle);
    expect(transfers).toMatchObject([{ state: "failed", problem: "lost" }]);
    relay.mend();
    await waitForFiles(page, "leave to upload", (state) => state.mayUpload);
    const { path, digest } = await session.deviceFile("again.bin", 100_000, 6);
    await choose(page, path);
    await waitForFiles(
      page,
      "the end of the upload",
      (state) => state.transfers.length === 2 && isIdle(state),
    );
    expect(await digestOfFile(join(session.folder, "again.bin"))).toBe(digest);
  },
  testTimeoutMs,
);

test(
  "a download that is cancelled ends, and the next one works",
  async () => {
    await mkdir(session.folder, { recursive: true });
    await writeFile(join(session.folder, "large"), "");
    await truncate(join(session.folder, "large"), 290 * megabyte);
    await writeFile(join(session.folder, "small"), "small");
    await using viewer = await session.openPage();
    const { page } = viewer;
    await download(page, "large");
    await waitForFiles(page, "a download under way", ({ transfers }) =>
      transfers.some(({ bytes }) => bytes > 0),
    );
    await cancelAll(page);
    await waitForFiles(page, "its end", isIdle);
    const coming = page.waitForEvent("download");
    await download(page, "small");
    expect((await coming).suggestedFilename()).toBe("small");
    await waitForFiles(page, "the end", isIdle);
    expect((await filesState(page)).transfers).toMatchObject([
      { name: "large", state: "cancelled" },
      { name: "small", state: "done" },
    ]);
  },
  testTimeoutMs,
);

test(
  "hostile names are refused or harmless, whatever the page says",
  async () => {
    await using viewer = await session.openPage();
    const { page } = viewer;
    const refused = [
      ...["../evil", "/tmp/evil", "..", ".", ".bashrc", "a\nb", "a\0b"],
      ...["..\\evil", "invoice\u202efdp.exe", " .profile"],
      ...["-rf", "*", "pass\u200bword"],
    ];
    const taken = ["$(id)", "a; b", "<img src=x onerror=alert(1)>"];
    const before = await entriesOf(join(session.agent.folder, "home"));
    await uploadNamed(page, [...refused, ...taken, "$(id)"]);
    const { transfers } = await waitForFiles(
      page,
      "the end of all",
      (state) => state.transfers.length === 17 && isIdle(state),
    );
    expect(transfers.map(({ problem }) => problem)).toEqual([
      ...refused.map(() => "bad-name"),
      ...[undefined, undefined, undefined, undefined],
    ]);
    expect(await entriesOf(session.folder)).toEqual(
      [...taken, "$(id) (2)"].toSorted(),
    );
    expect(await entriesOf(join(session.agent.folder, "home"))).toEqual(
      [...new Set([...before, "Downloads"])].toSorted(),
    );
    await openFilesPanel(page);
    // Names are text, whatever they look like.
    await page
      .getByRole("button", { name: "Download <img src=x onerror=alert(1)>" })
      .waitFor();
    expect(await page.locator("#panel img").count()).toBe(0);
  },
  testTimeoutMs,
);

test(
  "one who looks sees no files and moves none",
  async () => {
    await mkdir(session.folder, { recursive: true });
    await writeFile(join(session.folder, "secret.txt"), "secret");
    await using controller = await session.openPage();
    const link = await shareLink(controller.page);
    await using looker = await openForInput(session.chromium.browser, link);
    const { page } = looker;
    await waitForFiles(page, "the policy", ({ maxBytes }) => maxBytes > 0);
    expect(await filesState(page)).toMatchObject({
      ...{ mayUpload: false, mayDownload: false, files: undefined },
    });
    const { path } = await session.deviceFile("from-a-looker.txt", 10);
    await drag(page, { x: 640, y: 360 }, [path], {
      end: "drop",
      above: async () => {
        expect(await page.locator(".drop-overlay").innerText()).toBe(
          "This session takes no files from here",
        );
      },
    });
    await uploadNamed(page, ["a.txt"]);
    await download(page, "secret.txt");
    await waitForFiles(
      page,
      "the refusal",
      (state) => state.transfers.length === 1 && isIdle(state),
    );
    expect((await filesState(page)).transfers).toMatchObject([
      { direction: "download", state: "failed", problem: "not-allowed" },
    ]);
    expect(await entriesOf(session.folder)).toEqual(["secret.txt"]);
  },
  testTimeoutMs,
);

test(
  "a disk without room, and one that fills up on the way, are said so",
  async () => {
    await using disk = await mountSmallDisk(110 * mebibyte);
    await using small = await startAgent({
      args: [
        ...["--window-manager", "none", "--files", "upload"],
        ...["--files-dir", disk.path, "--files-min-free-bytes", "0"],
      ],
      command: ["sleep", "1000"],
    });
    await using viewer = await session.openPage(small.url);
    const { page } = viewer;
    await openFilesPanel(page);
    await choose(
      page,
      await makeSlowFile(join(session.device, "too large.bin"), 150 * mebibyte),
    );
    await page
      .locator("#panel-body-files")
      .getByText("The session’s disk has no room for it.")
      .waitFor();
    expect(await entriesOf(disk.path)).toEqual([]);
    const content = Buffer.alloc(60 * mebibyte);
    await choose(
      page,
      await makeSlowFile(join(session.device, "fits.bin"), 100 * mebibyte),
    );
    await waitForFiles(page, "it under way", ({ transfers }) =>
      transfers.some(({ state, bytes }) => state === "moving" && bytes > 0),
    );
    // Somebody else takes of what was free, long before the whole file can be here.
    await writeFile(join(disk.path, "other"), content).catch(
      (error: unknown) => {
        expect(error).toMatchObject({ code: "ENOSPC" });
      },
    );
    const { transfers } = await waitForFiles(page, "its end", isIdle);
    expect(transfers.at(-1)).toMatchObject({
      state: "failed",
      problem: "disk-full",
    });
    await expect.poll(() => entriesOf(disk.path), arrival).toEqual(["other"]);
    // Only one direction is allowed.
    expect((await filesState(page)).mayDownload).toBe(false);
    await page.getByText("In the session’s folder").waitFor({
      state: "hidden",
    });
  },
  testTimeoutMs,
);

test(
  "without the setting there are no files: no section, no folder, and it says so",
  async () => {
    await using plain = await startAgent({
      args: ["--window-manager", "none"],
      command: ["sleep", "1000"],
    });
    expect((await plain.health()).files).toMatchObject({ policy: "off" });
    expect((await session.agent.health()).files).toEqual({
      ...{ policy: "both", maxBytes: maxFileBytes },
    });
    await using viewer = await openInChromium(
      session.chromium.browser,
      plain.url,
    );
    await viewer.waitForState("connected");
    const { page } = viewer;
    await page.keyboard.press("Control+Alt+Shift+M");
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("tab", { name: "Sound" }).waitFor();
    expect(await page.getByRole("tab", { name: "Files" }).count()).toBe(0);
    const { path } = await session.deviceFile("unwanted.txt", 10);
    await drag(page, { x: 640, y: 360 }, [path], {
      end: "drop",
      above: async () => {
        expect(await page.locator(".drop-overlay").innerText()).toBe(
          "This session takes no files from here",
        );
      },
    });
    await uploadNamed(page, ["a.txt"]);
    expect((await filesState(page)).transfers).toEqual([]);
    expect(page.url()).toBe(plain.url.replace(/#.*/, ""));
    expect(await entriesOf(join(plain.folder, "home", "Downloads"))).toEqual(
      [],
    );
  },
  testTimeoutMs,
);
