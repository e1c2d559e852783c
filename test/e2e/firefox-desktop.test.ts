/**
 * Firefox: the screen follows its window, and it draws the pointer.
 */
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  displayOf,
  startAgent,
  type AgentProcess,
} from "../fixtures/agent-process.ts";
import { launchFirefox } from "../fixtures/browser-firefox.ts";
import { readCursor } from "../fixtures/e2e-cursor.ts";
import type { PageScope } from "../fixtures/e2e-page-probe.ts";
import { startX11Client } from "../fixtures/x11-client-process.ts";
import { argbPixel } from "../fixtures/x11-cursor.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 50, timeout: 8_000 };

let agent: AgentProcess;
let page: Page;

const owned = new AsyncDisposableStack();

beforeAll(async () => {
  agent = owned.use(
    await startAgent({
      args: ["--window-manager", "none", "--resize", "follow"],
      command: ["sleep", "1000"],
    }),
  );
  const firefox = owned.use(await launchFirefox());
  page = await firefox.browser.newPage();
  await page.setViewport({ width: 1_000, height: 701 });
  await page.goto(agent.url, { timeout: 15_000 });
}, 90_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

/** Size of the picture, once it is that of the screen. */
function pictureSize(): Promise<number[]> {
  return page.evaluate(() => {
    const { screen, video } =
      (globalThis as unknown as PageScope).streamspace ?? {};
    return [
      ...[screen?.width ?? 0, screen?.height ?? 0],
      ...[video?.videoWidth ?? 0, video?.videoHeight ?? 0],
    ];
  });
}

test(
  "has a screen and a picture of the size of its window",
  async () => {
    await expect.poll(pictureSize, arrival).toEqual([1_000, 700, 1_000, 700]);
    await page.setViewport({ width: 1_205, height: 640 });
    await expect.poll(pictureSize, arrival).toEqual([1_204, 640, 1_204, 640]);
  },
  testTimeoutMs,
);

test(
  "draws the pointer pixel by pixel, at one and at two pixels in one",
  async () => {
    await using clients = new AsyncDisposableStack();
    clients.use(
      await startX11Client("x11-cursor", {
        ...displayOf(agent),
        args: ["--hot", "3,5"],
      }),
    );
    const css = async (): Promise<string> => (await readCursor(page)).css;
    await expect.poll(css, arrival).toMatch(/^url\(.*\) 3 5, default$/);
    const { image } = await readCursor(page);
    expect(image).toMatchObject({ width: 24, height: 20 });
    // An opaque pixel is exact, whatever the browser does with alpha.
    expect(image?.png.slice(0, 4)).toEqual([...argbPixel(0, 0)]);
    expect(image?.png.slice(12, 16)).toEqual([0, 0, 0, 0]);

    await page.setViewport({ width: 640, height: 400, deviceScaleFactor: 2 });
    await expect.poll(pictureSize, arrival).toEqual([1_280, 800, 1_280, 800]);
    await expect
      .poll(css, arrival)
      .toMatch(/^image-set\(url\(.*\) 2dppx.*\) 2 3, default$/);
  },
  testTimeoutMs,
);
