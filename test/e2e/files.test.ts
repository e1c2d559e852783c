/**
 * Files, between a real Chromium and a real folder: what arrives is what was sent, and nothing else is touched.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { checkAccessibility } from "../fixtures/e2e-accessibility.ts";
import {
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
  waitForFiles,
  writeRandomFile,
} from "../fixtures/e2e-files.ts";
import {
  startFilesSession,
  type FilesSession,
} from "../fixtures/e2e-files-session.ts";
import { report } from "../fixtures/e2e-report.ts";
import { LoopMeasure, reportLoop } from "../fixtures/loop-delay.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 20, timeout: 10_000 };
const mebibyte = 1_048_576;
const megabyte = 1_000_000;
const picturesFolder = process.env["STREAMSPACE_E2E_PICTURES"];

const owned = new AsyncDisposableStack();
const loop = owned.use(new LoopMeasure());
let session: FilesSession;

beforeAll(async () => {
  session = owned.use(await startFilesSession({ env: loop.env }));
}, 60_000);

afterEach(() => session.clear());

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

describe("by the panel", () => {
  test(
    "files that are chosen are in the folder, byte by byte, and in its list",
    async () => {
      await using viewer = await session.openPage();
      const { page } = viewer;
      const sent = [
        await session.deviceFile("Grüße 世界 🎉.bin", 5 * mebibyte, 3),
        await session.deviceFile("empty.txt", 0),
        await session.deviceFile("one.tar.gz", 1, 4),
      ];
      await openFilesPanel(page);
      await choose(page, ...sent.map(({ path }) => path));
      await waitForFiles(
        page,
        "the end of the uploads",
        (state) => state.transfers.length === 3 && isIdle(state),
      );
      for (const { path, digest } of sent)
        expect(await digestOfFile(join(session.folder, basename(path)))).toBe(
          digest,
        );
      expect(await entriesOf(session.folder)).toHaveLength(3);
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
      await mkdir(session.folder, { recursive: true });
      const digest = await writeRandomFile(
        join(session.folder, "report ü.pdf"),
        7 * mebibyte + 3,
        9,
      );
      await using viewer = await session.openPage();
      const { page } = viewer;
      await openFilesPanel(page);
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
      await using viewer = await session.openPage();
      const { page } = viewer;
      await openFilesPanel(page);
      await choose(page, await makeSlowFile(join(session.device, "slow.bin")));
      await untilUploading(page, session.folder);
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
      await expect.poll(() => entriesOf(session.folder), arrival).toEqual([]);
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
      await using viewer = await session.openPage();
      const { page } = viewer;
      const { path, digest } = await session.deviceFile(
        "dropped.bin",
        300_000,
        5,
      );
      const directory = join(session.device, "a folder");
      await mkdir(directory);
      await writeFile(join(directory, "inner.txt"), "inner");
      const overlay = page.locator(".drop-overlay");
      await drag(page, { x: 640, y: 360 }, [path, directory], {
        end: "drop",
        above: async () => {
          await overlay.waitFor({ state: "visible" });
          expect(await overlay.innerText()).toBe(
            "Drop files to put them into the session",
          );
          if (picturesFolder !== undefined)
            await page.screenshot({ path: join(picturesFolder, "drop.png") });
        },
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
      expect(await entriesOf(session.folder)).toEqual(["dropped.bin"]);
      expect(await digestOfFile(join(session.folder, "dropped.bin"))).toBe(
        digest,
      );
      expect(page.url()).toBe(session.agent.url.replace(/#.*/, ""));
    },
    testTimeoutMs,
  );

  test(
    "the overlay goes when the files are taken away again",
    async () => {
      await using viewer = await session.openPage();
      const { page } = viewer;
      const { path } = await session.deviceFile("not-dropped.bin", 10);
      const overlay = page.locator(".drop-overlay");
      await drag(page, { x: 600, y: 300 }, [path], {
        end: "dragCancel",
        above: () => overlay.waitFor({ state: "visible" }),
      });
      await overlay.waitFor({ state: "hidden" });
      expect(await entriesOf(session.folder)).toEqual([]);
    },
    testTimeoutMs,
  );
});

// What input costs meanwhile is measured in Firefox: the driver of Chromium carries along every frame of a WebSocket.
test("moves 100 MB both ways", async () => {
  await using viewer = await session.openPage();
  const { page } = viewer;
  const bytes = 100 * megabyte;
  const { path, digest } = await session.deviceFile("large.bin", bytes, 11);
  await loop.begin(session.agent);
  const upStartedMs = performance.now();
  await choose(page, path);
  await waitForFiles(
    page,
    "the end of the upload",
    (state) => state.transfers.length === 1 && isIdle(state),
    90_000,
  );
  const upMs = performance.now() - upStartedMs;
  const upLoop = await loop.end(session.agent);
  report("100 MB from Chromium into the session's folder", upMs);
  reportLoop(upLoop);
  expect(await digestOfFile(join(session.folder, "large.bin"))).toBe(digest);

  await loop.begin(session.agent);
  const coming = page.waitForEvent("download", { timeout: 90_000 });
  const downStartedMs = performance.now();
  await download(page, "large.bin");
  const given = await coming;
  const downMs = performance.now() - downStartedMs;
  const downLoop = await loop.end(session.agent);
  report("100 MB from the session's folder into Chromium", downMs);
  reportLoop(downLoop);
  expect(await digestOfFile(await given.path())).toBe(digest);
  // Own: what others do on this machine is not the agent's doing.
  expect(upLoop.ownP99).toBeLessThan(10);
  expect(downLoop.ownP99).toBeLessThan(10);
}, 240_000);
