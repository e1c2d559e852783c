/**
 * Files, between a real Chromium and a real folder: what arrives is what was sent, and nothing else is touched.
 */
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { checkAccessibility } from "../fixtures/e2e-accessibility.ts";
import {
  cancelAll,
  choose,
  digestOfFile,
  download,
  dropOn,
  entriesOf,
  filesState,
  isIdle,
  uploadNamed,
  waitForFiles,
  writeRandomFile,
} from "../fixtures/e2e-files.ts";
import { openForInput } from "../fixtures/e2e-input.ts";
import { report } from "../fixtures/e2e-report.ts";
import { shareLink } from "../fixtures/e2e-sharing.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";
import { LoopMeasure, reportLoop } from "../fixtures/loop-delay.ts";
import { mountSmallDisk } from "../fixtures/small-disk.ts";
import {
  startX11Client,
  type X11ClientProcess,
} from "../fixtures/x11-client-process.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 20, timeout: 10_000 };
const mebibyte = 1_048_576;
const megabyte = 1_000_000;
const picturesFolder = process.env["STREAMSPACE_E2E_PICTURES"];

let chromium: ChromiumBrowser;
let agent: AgentProcess;
let listener: X11ClientProcess;
/** Files of the device that the browser runs on. */
let device: string;
/** The session's folder: the default one. */
let folder: string;
const owned = new AsyncDisposableStack();
const loop = owned.use(new LoopMeasure());

beforeAll(async () => {
  device = await mkdtemp(join(tmpdir(), "device-"));
  owned.defer(() => rm(device, { recursive: true, force: true }));
  agent = owned.use(
    await startAgent({
      args: [
        ...["--window-manager", "none", "--files", "both"],
        ...["--files-max-bytes", String(300 * megabyte)],
      ],
      command: ["sleep", "1000"],
      env: loop.env,
    }),
  );
  folder = join(agent.folder, "home", "Downloads");
  chromium = owned.use(await launchChromium());
  const { display, xauthority } = agent.facts();
  listener = owned.use(
    await startX11Client("x11-key-listener", {
      display,
      ...(xauthority === undefined ? {} : { xauthorityPath: xauthority }),
      args: ["--motion"],
    }),
  );
}, 60_000);

afterEach(async () => {
  for (const name of await entriesOf(folder))
    await rm(join(folder, name), { recursive: true });
});

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

/** Opens a page that may move files. */
async function openPage(url = agent.url): Promise<ChromiumViewer> {
  const viewer = await openForInput(chromium.browser, url);
  await waitForFiles(
    viewer.page,
    "leave to upload",
    (state) => state.mayUpload,
  );
  return viewer;
}

async function openPanel(page: Page): Promise<void> {
  await page.keyboard.press("Control+Alt+Shift+M");
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("tab", { name: "Files" }).click();
  await page.locator("#panel-body-files").waitFor({ state: "visible" });
}

/** Makes a file on the device. */
async function deviceFile(
  name: string,
  bytes: number,
  seed = 1,
): Promise<{ path: string; digest: string }> {
  const path = join(device, name);
  return { path, digest: await writeRandomFile(path, bytes, seed) };
}

/** A file that takes its time, and none to make. */
async function slowFile(name = "slow.bin"): Promise<string> {
  const path = join(device, name);
  await writeFile(path, "");
  await truncate(path, 290 * megabyte);
  return path;
}

/** Waits until something of an upload is on the disk. */
async function untilMoving(page: Page): Promise<void> {
  await waitForFiles(page, "an upload under way", ({ transfers }) =>
    transfers.some(({ state, bytes }) => state === "moving" && bytes > 0),
  );
  expect(await entriesOf(folder)).toEqual([
    expect.stringMatching(/^\.streamspace-.*\.part$/),
  ]);
}

describe("by the panel", () => {
  test(
    "files that are chosen are in the folder, byte by byte, and in its list",
    async () => {
      await using viewer = await openPage();
      const { page } = viewer;
      const sent = [
        await deviceFile("Grüße 世界 🎉.bin", 5 * mebibyte, 3),
        await deviceFile("empty.txt", 0),
        await deviceFile("one.tar.gz", 1, 4),
      ];
      await openPanel(page);
      await choose(page, ...sent.map(({ path }) => path));
      await waitForFiles(
        page,
        "the end of the uploads",
        (state) => state.transfers.length === 3 && isIdle(state),
      );
      for (const { path, digest } of sent)
        expect(await digestOfFile(join(folder, basename(path)))).toBe(digest);
      expect(await entriesOf(folder)).toHaveLength(3);
      const rows = page.locator("#panel-body-files li");
      await rows.getByText("Done").first().waitFor();
      await page.getByRole("button", { name: "Download one.tar.gz" }).waitFor();
      await page.getByText("3 files are in the session’s folder.").waitFor();
      const { violations } = await checkAccessibility(page);
      expect(violations).toEqual([]);
    },
    testTimeoutMs,
  );

  test(
    "by keyboard alone a file is downloaded, byte by byte",
    async () => {
      await mkdir(folder, { recursive: true });
      const digest = await writeRandomFile(
        join(folder, "report ü.pdf"),
        7 * mebibyte + 3,
        9,
      );
      await using viewer = await openPage();
      const { page } = viewer;
      await openPanel(page);
      const button = page.getByRole("button", {
        name: "Download report ü.pdf",
      });
      await button.waitFor();
      await button.focus();
      const coming = page.waitForEvent("download");
      await page.keyboard.press("Enter");
      const given = await coming;
      expect(given.suggestedFilename()).toBe("report ü.pdf");
      expect(await digestOfFile(await given.path())).toBe(digest);
      await page.getByText("report ü.pdf is on this device.").waitFor();
    },
    testTimeoutMs,
  );

  test(
    "an upload shows its progress and is cancelled, and nothing of it stays",
    async () => {
      await using viewer = await openPage();
      const { page } = viewer;
      await openPanel(page);
      await choose(page, await slowFile());
      await untilMoving(page);
      const progress = page.getByRole("progressbar", { name: "slow.bin" });
      await expect
        .poll(
          () =>
            progress.evaluate(
              (bar) => (bar as unknown as { value: number }).value,
            ),
          arrival,
        )
        .toBeGreaterThan(0);
      await page.getByRole("button", { name: "Cancel slow.bin" }).click();
      await page.getByText("Cancelled").waitFor();
      await expect.poll(() => entriesOf(folder), arrival).toEqual([]);
      await page.getByRole("button", { name: "Clear the list" }).click();
      expect((await filesState(page)).transfers).toEqual([]);
    },
    testTimeoutMs,
  );
});

describe("by drop", () => {
  test(
    "files that are dropped on the picture get there, folders among them are named",
    async () => {
      await using viewer = await openPage();
      const { page } = viewer;
      const { path, digest } = await deviceFile("dropped.bin", 300_000, 5);
      const directory = join(device, "a folder");
      await mkdir(directory);
      await writeFile(join(directory, "inner.txt"), "inner");
      const overlay = page.locator(".drop-overlay");
      await dropOn(page, { x: 640, y: 360 }, [path, directory], async () => {
        await overlay.waitFor({ state: "visible" });
        expect(await overlay.innerText()).toBe(
          "Drop files to put them into the session",
        );
        if (picturesFolder !== undefined)
          await page.screenshot({ path: join(picturesFolder, "drop.png") });
      });
      await page
        .getByText(
          "dropped.bin is in the session’s folder. Folders are not taken:",
        )
        .waitFor();
      await overlay.waitFor({ state: "hidden" });
      await waitForFiles(
        page,
        "the end of the upload",
        (state) => state.transfers.length === 1 && isIdle(state),
      );
      expect(await entriesOf(folder)).toEqual(["dropped.bin"]);
      expect(await digestOfFile(join(folder, "dropped.bin"))).toBe(digest);
      expect(page.url()).toBe(agent.url.replace(/#.*/, ""));
    },
    testTimeoutMs,
  );

  test(
    "the overlay goes when the files are taken away again",
    async () => {
      await using viewer = await openPage();
      const { page } = viewer;
      const { path } = await deviceFile("not-dropped.bin", 10);
      const session = await page.context().newCDPSession(page);
      const data = { items: [], files: [path], dragOperationsMask: 1 };
      await session.send("Input.dispatchDragEvent", {
        ...{ type: "dragEnter", x: 600, y: 300, data },
      });
      await session.send("Input.dispatchDragEvent", {
        ...{ type: "dragOver", x: 600, y: 300, data },
      });
      const overlay = page.locator(".drop-overlay");
      await overlay.waitFor({ state: "visible" });
      await session.send("Input.dispatchDragEvent", {
        ...{ type: "dragCancel", x: 600, y: 300, data },
      });
      await overlay.waitFor({ state: "hidden" });
      expect(await entriesOf(folder)).toEqual([]);
    },
    testTimeoutMs,
  );
});

describe("what goes wrong", () => {
  test(
    "a page that goes in the middle of an upload leaves nothing",
    async () => {
      const path = await slowFile();
      {
        await using viewer = await openPage();
        const { page } = viewer;
        await openPanel(page);
        await choose(page, path);
        await untilMoving(page);
      }
      await expect.poll(() => entriesOf(folder), arrival).toEqual([]);
    },
    testTimeoutMs,
  );

  test(
    "a download that is cancelled ends, and the next one works",
    async () => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "large"), "");
      await truncate(join(folder, "large"), 290 * megabyte);
      await writeFile(join(folder, "small"), "small");
      await using viewer = await openPage();
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
      await using viewer = await openPage();
      const { page } = viewer;
      const refused = [
        ...["../evil", "/tmp/evil", "..", ".", ".bashrc", "a\nb", "a\0b"],
        ...["..\\evil", "invoice\u202efdp.exe", " .profile"],
      ];
      const taken = ["-rf", "$(id)", "a; b", "<img src=x onerror=alert(1)>"];
      const before = await entriesOf(join(agent.folder, "home"));
      await uploadNamed(page, [...refused, ...taken, "-rf"]);
      const { transfers } = await waitForFiles(
        page,
        "the end of all",
        (state) => state.transfers.length === 15 && isIdle(state),
      );
      expect(transfers.map(({ problem }) => problem)).toEqual([
        ...refused.map(() => "bad-name"),
        ...[undefined, undefined, undefined, undefined, undefined],
      ]);
      expect(await entriesOf(folder)).toEqual([...taken, "-rf (2)"].toSorted());
      expect(await entriesOf(join(agent.folder, "home"))).toEqual(
        [...new Set([...before, "Downloads"])].toSorted(),
      );
      await openPanel(page);
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
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "secret.txt"), "secret");
      await using controller = await openPage();
      const link = await shareLink(controller.page);
      await using looker = await openForInput(chromium.browser, link);
      const { page } = looker;
      await waitForFiles(page, "the policy", ({ maxBytes }) => maxBytes > 0);
      expect(await filesState(page)).toMatchObject({
        ...{ mayUpload: false, mayDownload: false, files: undefined },
      });
      const { path } = await deviceFile("from-a-looker.txt", 10);
      await dropOn(page, { x: 640, y: 360 }, [path], async () => {
        expect(await page.locator(".drop-overlay").innerText()).toBe(
          "This session takes no files from here",
        );
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
      expect(await entriesOf(folder)).toEqual(["secret.txt"]);
    },
    testTimeoutMs,
  );

  test(
    "a disk without room, and one that fills up on the way, are said so",
    async () => {
      await using disk = await mountSmallDisk(40 * mebibyte);
      await using small = await startAgent({
        args: [
          ...["--window-manager", "none", "--files", "upload"],
          ...["--files-dir", disk.path, "--files-min-free-bytes", "0"],
        ],
        command: ["sleep", "1000"],
      });
      await using viewer = await openPage(small.url);
      const { page } = viewer;
      await openPanel(page);
      await choose(page, await slowFile("too large.bin"));
      await page
        .locator("#panel-body-files")
        .getByText("The session’s disk has no room for it.")
        .waitFor();
      expect(await entriesOf(disk.path)).toEqual([]);
      const { path } = await deviceFile("fits.bin", 30 * mebibyte);
      await choose(page, path);
      await waitForFiles(page, "it under way", ({ transfers }) =>
        transfers.some(({ state, bytes }) => state === "moving" && bytes > 0),
      );
      // Somebody else takes what was free.
      await writeRandomFile(join(disk.path, "other"), 25 * mebibyte).catch(
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
      expect((await agent.health()).files).toEqual({
        ...{ policy: "both", maxBytes: 300 * megabyte },
      });
      await using viewer = await openInChromium(chromium.browser, plain.url);
      await viewer.waitForState("connected");
      const { page } = viewer;
      await page.keyboard.press("Control+Alt+Shift+M");
      await page.getByRole("button", { name: "Menu" }).click();
      await page.getByRole("tab", { name: "Sound" }).waitFor();
      expect(await page.getByRole("tab", { name: "Files" }).count()).toBe(0);
      const { path } = await deviceFile("unwanted.txt", 10);
      await dropOn(page, { x: 640, y: 360 }, [path], async () => {
        expect(await page.locator(".drop-overlay").innerText()).toBe(
          "This session takes no files from here",
        );
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
});

/** Moves the pointer until `done`. @returns the delays until the X program heard of it, sorted. */
async function motionDelays(
  page: Page,
  done: Promise<unknown>,
): Promise<number[]> {
  const ending = new AbortController();
  void done.finally(() => {
    ending.abort();
  });
  const delays: number[] = [];
  for (let at = 0; !ending.signal.aborted; at += 1) {
    const before = listener.lines.length;
    const startedMs = performance.now();
    await page.mouse.move(100 + (at % 400), 100 + (at % 200));
    await listener.waitFor("a motion", (lines) =>
      lines.slice(before).find((line) => line.type === "motion"),
    );
    delays.push(performance.now() - startedMs);
  }
  return delays.toSorted((one, other) => one - other);
}

function reportDelays(what: string, sorted: readonly number[]): void {
  const at = (share: number): number =>
    sorted[Math.floor(sorted.length * share)] ?? 0;
  report(`motion ${what}, p50`, at(0.5));
  report(`motion ${what}, p99`, at(0.99));
  report(`motion ${what}, max`, sorted.at(-1) ?? 0);
}

test("moves 100 MB both ways while input goes on", async () => {
  await using viewer = await openPage();
  const { page } = viewer;
  const idle = new Promise((resolve) => setTimeout(resolve, 2_000));
  reportDelays("while nothing moves", await motionDelays(page, idle));
  const bytes = 100 * megabyte;
  const { path, digest } = await deviceFile("large.bin", bytes, 11);

  await loop.begin(agent);
  const upStartedMs = performance.now();
  await choose(page, path);
  const up = waitForFiles(
    page,
    "the end of the upload",
    (state) => state.transfers.length === 1 && isIdle(state),
    60_000,
  );
  const upDelays = await motionDelays(page, up);
  await up;
  const upMs = performance.now() - upStartedMs;
  const upLoop = await loop.end(agent);
  report("100 MB from Chromium into the session's folder", upMs);
  reportDelays("meanwhile", upDelays);
  reportLoop(upLoop);
  expect(await digestOfFile(join(folder, "large.bin"))).toBe(digest);

  await loop.begin(agent);
  const coming = page.waitForEvent("download", { timeout: 60_000 });
  const downStartedMs = performance.now();
  await download(page, "large.bin");
  const downDelays = await motionDelays(page, coming);
  const given = await coming;
  const downMs = performance.now() - downStartedMs;
  const downLoop = await loop.end(agent);
  report("100 MB from the session's folder into Chromium", downMs);
  reportDelays("meanwhile", downDelays);
  reportLoop(downLoop);
  expect(await digestOfFile(await given.path())).toBe(digest);
  // Own: what others do on this machine is not the agent's doing.
  expect(upLoop.ownP99).toBeLessThan(10);
  expect(downLoop.ownP99).toBeLessThan(10);
}, 180_000);
