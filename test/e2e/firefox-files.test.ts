/**
 * Files in Firefox: the same bytes both ways, and what ends early leaves nothing. Its driver does not carry along what the page
 * sends and gets, as that of Chromium does, so that here it is measured what the transfers cost.
 */
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ElementHandle, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  displayOf,
  startAgent,
  type AgentProcess,
} from "../fixtures/agent-process.ts";
import { launchFirefox } from "../fixtures/browser-firefox.ts";
import {
  cancelAll,
  digestOfFile,
  download,
  entriesOf,
  filesState,
  isIdle,
  makeSlowFile,
  untilUploading,
  waitForFiles,
  writeRandomFile,
} from "../fixtures/e2e-files.ts";
import { viewerPage, type EvaluatingPage } from "../fixtures/e2e-viewer.ts";
import { LoopMeasure, reportLoop } from "../fixtures/loop-delay.ts";
import { measureMotion, reportMotion } from "../fixtures/motion-delays.ts";
import { report } from "../fixtures/e2e-report.ts";
import {
  startX11Client,
  type X11ClientProcess,
} from "../fixtures/x11-client-process.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 20, timeout: 15_000 };
const megabyte = 1_000_000;

let agent: AgentProcess;
let page: Page;
/** The page, for the scripts that both browsers run. */
let scripts: EvaluatingPage;
let listener: X11ClientProcess;
let device: string;
/** Where Firefox saves downloads. */
let saved: string;
let folder: string;
const owned = new AsyncDisposableStack();
const loop = owned.use(new LoopMeasure());

beforeAll(async () => {
  device = await mkdtemp(join(tmpdir(), "device-"));
  owned.defer(() => rm(device, { recursive: true, force: true }));
  saved = join(device, "saved");
  await mkdir(saved);
  agent = owned.use(
    await startAgent({
      args: ["--window-manager", "none", "--files", "both"],
      command: ["sleep", "1000"],
      env: loop.env,
    }),
  );
  folder = join(agent.folder, "home", "Downloads");
  listener = owned.use(
    await startX11Client("x11-key-listener", {
      ...displayOf(agent),
      args: ["--motion"],
    }),
  );
  const firefox = owned.use(
    await launchFirefox({
      preferences: {
        "browser.download.folderList": 2,
        "browser.download.dir": saved,
        "browser.download.useDownloadDir": true,
        "browser.helperApps.neverAsk.saveToDisk": "application/octet-stream",
      },
    }),
  );
  page = await firefox.browser.newPage();
  scripts = {
    evaluate: (script, argument) =>
      page.evaluate(script as (argument: unknown) => never, argument),
  };
  await page.setViewport({ width: 1280, height: 720 });
  await page.goto(agent.url, { timeout: 15_000 });
  await waitForPicture();
}, 90_000);

afterEach(async () => {
  for (const name of await entriesOf(folder)) await rm(join(folder, name));
});

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

async function waitForPicture(): Promise<void> {
  await viewerPage(scripts).waitForState("connected", 20_000);
  await waitForFiles(scripts, "leave to upload", (state) => state.mayUpload);
}

async function choose(...paths: string[]): Promise<void> {
  const picker = await page.$("#panel-body-files input[type=file]");
  if (picker === null) throw new Error("the page has no field for files");
  await (picker as ElementHandle<never>).uploadFile(...paths);
}

test(
  "files that are chosen are in the folder, byte by byte, and come back so",
  async () => {
    const names = ["Grüße 世界 🎉.bin", "empty.txt", "one.tar.gz"];
    const sizes = [5_000_001, 0, 1];
    const digests: string[] = [];
    for (const [at, name] of names.entries())
      digests.push(
        await writeRandomFile(join(device, name), sizes[at] ?? 0, at + 1),
      );
    await choose(...names.map((name) => join(device, name)));
    await waitForFiles(
      scripts,
      "the end of the uploads",
      (state) => state.transfers.length === 3 && isIdle(state),
    );
    for (const [at, name] of names.entries()) {
      expect(await digestOfFile(join(folder, name))).toBe(digests[at]);
      await download(scripts, name);
      await expect
        .poll(() => digestWhole(join(saved, name), sizes[at]), arrival)
        .toBe(digests[at]);
    }
  },
  testTimeoutMs,
);

/** The digest of a file once it has all its bytes: Firefox makes it first, and fills it then. */
async function digestWhole(
  path: string,
  bytes = 0,
): Promise<string | undefined> {
  const facts = await stat(path).catch(() => undefined); // It is not there yet.
  return facts?.size === bytes ? await digestOfFile(path) : undefined;
}

test(
  "an upload that is cancelled, and one whose page goes, leave nothing",
  async () => {
    const path = await makeSlowFile(join(device, "slow.bin"));
    const untilMoving = (): Promise<void> => untilUploading(scripts, folder);
    await choose(path);
    await untilMoving();
    await cancelAll(scripts);
    await waitForFiles(scripts, "its end", isIdle);
    expect((await filesState(scripts)).transfers.at(-1)).toMatchObject({
      state: "cancelled",
    });
    await expect.poll(() => entriesOf(folder), arrival).toEqual([]);
    await choose(path);
    await untilMoving();
    await page.goto("about:blank");
    await expect.poll(() => entriesOf(folder), arrival).toEqual([]);
    await page.goto(agent.url, { timeout: 15_000 });
    await waitForPicture();
  },
  testTimeoutMs,
);

test("moves 100 MB both ways while input goes on", async () => {
  const bytes = 100 * megabyte;
  const path = join(device, "large.bin");
  const digest = await writeRandomFile(path, bytes, 11);
  const move = (x: number, y: number): Promise<void> => page.mouse.move(x, y);
  const idle = new Promise((resolve) => setTimeout(resolve, 2_000));
  reportMotion(
    "while nothing moves",
    await measureMotion(listener, move, idle),
  );

  await loop.begin(agent);
  const upStartedMs = performance.now();
  await choose(path);
  const up = waitForFiles(
    scripts,
    "the end of the upload",
    ({ transfers }) => transfers.at(-1)?.state === "done",
    90_000,
  );
  const upDelays = await measureMotion(listener, move, up);
  await up;
  const upMs = performance.now() - upStartedMs;
  const upLoop = await loop.end(agent);
  report("100 MB from Firefox into the session's folder", upMs);
  reportMotion("meanwhile", upDelays);
  reportLoop(upLoop);
  expect(await digestOfFile(join(folder, "large.bin"))).toBe(digest);

  await loop.begin(agent);
  const downStartedMs = performance.now();
  await download(scripts, "large.bin");
  const down = waitForFiles(scripts, "the end of the download", isIdle, 90_000);
  const downDelays = await measureMotion(listener, move, down);
  await down;
  const downMs = performance.now() - downStartedMs;
  const downLoop = await loop.end(agent);
  report("100 MB from the session's folder into Firefox", downMs);
  reportMotion("meanwhile", downDelays);
  reportLoop(downLoop);
  await expect
    .poll(() => digestWhole(join(saved, "large.bin"), bytes), arrival)
    .toBe(digest);
  // Own: what others do on this machine is not the agent's doing.
  expect(upLoop.ownP99).toBeLessThan(10);
  expect(downLoop.ownP99).toBeLessThan(10);
}, 240_000);
