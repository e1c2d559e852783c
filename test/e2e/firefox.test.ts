/**
 * Firefox, which has no H.264 of its own: the same session by VP8, beside a Chromium on H.264.
 */
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  displayOf,
  startAgent,
  type AgentProcess,
} from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  launchFirefox,
  type FirefoxBrowser,
} from "../fixtures/browser-firefox.ts";
import { differences } from "../fixtures/e2e-pattern.ts";
import { installProbe } from "../fixtures/e2e-page-probe.ts";
import { report } from "../fixtures/e2e-report.ts";
import {
  openInChromium,
  viewerPage,
  type ViewerPage,
} from "../fixtures/e2e-viewer.ts";
import { startX11Client } from "../fixtures/x11-client-process.ts";

const testTimeoutMs = 60_000;
const arrival = { interval: 50, timeout: 8_000 };
/** Of 255. VP8 is BT.601 at every size, as Firefox takes it; the rest is what its quantiser leaves of small fields. */
const firefoxTolerance = 16;
const chromiumTolerance = 20;

let firefox: FirefoxBrowser;
let chromium: ChromiumBrowser;
let agent: AgentProcess;
let page: Page;
let viewer: ViewerPage;

const owned = new AsyncDisposableStack();

beforeAll(async () => {
  // One after the other: two browsers that start at once take each other's processors.
  agent = owned.use(
    await startAgent({
      args: ["--window-manager", "none"],
      command: ["sleep", "1000"],
    }),
  );
  chromium = owned.use(await launchChromium());
  firefox = owned.use(await launchFirefox());
  owned.use(await startX11Client("x11-pattern", displayOf(agent)));
  page = await firefox.browser.newPage();
  await page.setViewport({ width: 1280, height: 720 });
  await page.evaluateOnNewDocument(installProbe);
  await page.goto(agent.url, { timeout: 15_000 });
  viewer = viewerPage({
    evaluate: (script, argument) =>
      page.evaluate(script as (argument: unknown) => never, argument),
  });
}, 90_000);

afterAll(async () => {
  await owned.disposeAsync();
}, 30_000);

test(
  "shows the picture by VP8 while a Chromium shows it by H.264",
  async () => {
    await viewer.waitForState("connected", 20_000);
    await using other = await openInChromium(chromium.browser, agent.url);
    await other.waitForState("connected");
    await expect
      .poll(() => differences(viewer, firefoxTolerance), arrival)
      .toEqual([]);
    await expect
      .poll(() => differences(other, chromiumTolerance), arrival)
      .toEqual([]);
    const { video } = await agent.health();
    const watched = video.filter(({ viewers }) => viewers > 0);
    expect(watched.map(({ codec, viewers }) => ({ codec, viewers }))).toEqual([
      { codec: "h264", viewers: 1 },
      { codec: "vp8", viewers: 1 },
    ]);
    report("navigation to first frame in Firefox", await viewer.firstFrameMs());
  },
  testTimeoutMs,
);

test(
  "types and clicks",
  async () => {
    await using listener = await startX11Client(
      "x11-key-listener",
      displayOf(agent),
    );
    const target = { x: 401, y: 303 };
    const { x, y } = await viewer.locate(target);
    // WebDriver BiDi rounds to whole CSS pixels; the picture is at 1:1.
    await page.mouse.click(Math.floor(x), Math.floor(y));
    await expect
      .poll(
        () => listener.lines.filter((line) => line.type === "button"),
        arrival,
      )
      .toMatchObject([
        { pressed: true, button: 1, ...target },
        { pressed: false, button: 1, ...target },
      ]);
    const text = "Firefox types: 0123 (a+b)*c? {ok}!";
    await page.keyboard.type(text);
    await expect.poll(() => listener.text(), arrival).toBe(text);
  },
  testTimeoutMs,
);
