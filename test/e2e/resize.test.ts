/**
 * The remote screen follows the window, and whatever its size, what is shown and what is pointed at are exact.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runToEnd } from "../../agent/base/child-process.ts";
import {
  displayOf,
  startAgent,
  type AgentProcess,
} from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { expectClick } from "../fixtures/e2e-gestures.ts";
import { openForInput, startInputSession } from "../fixtures/e2e-input.ts";
import type { PageScope } from "../fixtures/e2e-page-probe.ts";
import { report } from "../fixtures/e2e-report.ts";
import { resizeAndLook, type WindowSize } from "../fixtures/e2e-resize.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";
import { startX11Client } from "../fixtures/x11-client-process.ts";

const testTimeoutMs = 40_000;
const follow = ["--resize", "follow", "--window-manager", "none"];

let chromium: ChromiumBrowser;

beforeAll(async () => {
  chromium = await launchChromium();
}, 60_000);

afterAll(async () => {
  await chromium.close();
});

function start(args: readonly string[] = []): Promise<AgentProcess> {
  return startAgent({ args: [...follow, ...args], command: ["sleep", "1000"] });
}

async function expectScreen(
  { page }: Pick<ChromiumViewer, "page">,
  size: WindowSize,
): Promise<void> {
  await expect
    .poll(
      () =>
        page.evaluate(
          () => (globalThis as unknown as PageScope).streamspace?.screen,
        ),
      { timeout: 3_000, interval: 20 },
    )
    .toEqual(size);
}

/** Where a pixel is follows from the size of the picture, which comes some frames after the word of it. */
async function expectPicture(
  { page }: ChromiumViewer,
  { width, height }: WindowSize,
): Promise<void> {
  await expect
    .poll(
      () =>
        page.evaluate(() => {
          const video = (globalThis as unknown as PageScope).streamspace?.video;
          return [video?.videoWidth, video?.videoHeight];
        }),
      { timeout: 3_000, interval: 20 },
    )
    .toEqual([width, height]);
}

/** The same numbers at each run. */
function* randomSizes(): Generator<WindowSize> {
  let state = 20_261_125;
  const next = (least: number, most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return least + Math.floor((state / 2 ** 32) * (most - least + 1));
  };
  for (;;) yield { width: next(320, 1_600), height: next(240, 1_000) };
}

function even({ width, height }: WindowSize): WindowSize {
  return { width: width - (width % 2), height: height - (height % 2) };
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (
    sorted[Math.min(Math.floor(values.length * part), values.length - 1)] ?? NaN
  );
}

async function drawPattern(agent: AgentProcess): Promise<AsyncDisposable> {
  return await startX11Client("x11-pattern", displayOf(agent));
}

test("200 random sizes of the window end with a screen of that size and a right picture", async () => {
  await using agent = await start();
  await using pattern = new AsyncDisposableStack();
  pattern.use(await drawPattern(agent));
  await using viewer = await openInChromium(chromium.browser, agent.url);
  await viewer.waitForState("connected");
  const tookMs: number[] = [];
  const sizes = randomSizes();
  for (let count = 0; count < 200; count += 1) {
    const window = sizes.next().value as WindowSize;
    const screen = even(window);
    const ms = await resizeAndLook(viewer, window, screen, {
      tolerance: 24,
      timeoutMs: 5_000,
    });
    expect(ms, `${window.width}x${window.height}, ${count}`).not.toBeNaN();
    tookMs.push(ms);
  }
  report("resize to right picture, p50", percentile(tookMs, 0.5));
  report("resize to right picture, p95", percentile(tookMs, 0.95));
  report("resize to right picture, longest", Math.max(...tookMs));
  expect(percentile(tookMs, 0.5)).toBeLessThan(300);
  expect(await viewer.state(), "no reconnect").toBe("connected");
}, 240_000);

describe("a window that no screen fits", () => {
  test(
    "has the nearest one, and is told why",
    async () => {
      await using agent = await start([
        "--max-width",
        "1400",
        "--max-height",
        "800",
      ]);
      await using viewer = await openInChromium(chromium.browser, agent.url);
      await viewer.waitForState("connected");
      await viewer.page.setViewportSize({ width: 200, height: 151 });
      await expectScreen(viewer, { width: 320, height: 240 });
      await viewer.waitForWords(/smaller than a desktop can be.*320 × 240/);
      await viewer.page.setViewportSize({ width: 2_001, height: 1_000 });
      await expectScreen(viewer, { width: 1_400, height: 700 });
      await viewer.waitForWords(/larger than the desktop can be.*1400 × 700/);
    },
    testTimeoutMs,
  );
});

describe("what is pointed at", () => {
  test(
    "is the pixel under the pointer after resizes",
    async () => {
      await using session = await startInputSession({ args: [...follow] });
      await using viewer = await openForInput(
        chromium.browser,
        session.agent.url,
      );
      for (const size of [
        { width: 1_001, height: 701 },
        { width: 1_500, height: 900 },
        { width: 640, height: 480 },
      ]) {
        const screen = even(size);
        await viewer.page.setViewportSize(size);
        await expectScreen(viewer, screen);
        await expectPicture(viewer, screen);
        for (const target of [
          { x: 0, y: 100 },
          { x: screen.width - 1, y: screen.height - 1 },
          { x: 333, y: 217 },
        ])
          await expectClick(session, viewer, target, 0);
      }
    },
    testTimeoutMs,
  );

  test(
    "is exact too where a desktop is scrolled at its own size",
    async () => {
      await using session = await startInputSession();
      await using viewer = await openForInput(
        chromium.browser,
        session.agent.url,
        { viewport: { width: 700, height: 500 }, screenMode: "actual" },
      );
      await expectClick(session, viewer, { x: 300, y: 200 }, 0);
      await viewer.page.evaluate(() => {
        const { document } = globalThis as unknown as {
          document: {
            querySelector(name: string): {
              scrollTo(x: number, y: number): void;
            };
          };
        };
        document.querySelector(".stage").scrollTo(10_000, 10_000);
      });
      await expectClick(session, viewer, { x: 1_279, y: 719 }, 0);
      await expectClick(session, viewer, { x: 900, y: 500 }, 0);
    },
    testTimeoutMs,
  );
});

describe("a screen of two pixels in one", () => {
  test(
    "is used whole, and applications are told to draw twice as large",
    async () => {
      await using agent = await start();
      const context = await chromium.browser.newContext({
        viewport: { width: 640, height: 401 },
        deviceScaleFactor: 2,
      });
      try {
        const page = await context.newPage();
        await page.goto(agent.url);
        await expectScreen(
          { page },
          {
            width: 1_280,
            height: 802,
          },
        );
        const { display, xauthority } = agent.facts();
        const ask = async (file: string, ...args: string[]): Promise<string> =>
          (
            await runToEnd({
              file,
              args,
              timeoutMs: 5_000,
              env: { ...process.env, DISPLAY: display, XAUTHORITY: xauthority },
            })
          ).stdout;
        // A moment after the size.
        await expect
          .poll(() => ask("xrdb", "-query"), { timeout: 2_000 })
          .toContain("Xft.dpi:\t192\n");
        const settings = await ask("dump_xsettings");
        expect(settings).toContain(`Xft/DPI ${192 * 1024}\n`);
        expect(settings).toContain("Gdk/WindowScalingFactor 2\n");
        expect(await ask("xdpyinfo")).toMatch(
          /resolution:\s+19[1-3]x19[1-3] dots/,
        );
      } finally {
        await context.close();
      }
    },
    testTimeoutMs,
  );
});

describe("several viewers", () => {
  test(
    "have the screen of the one who resized last",
    async () => {
      await using agent = await start();
      await using first = await openInChromium(chromium.browser, agent.url, {
        viewport: { width: 900, height: 600 },
      });
      await expectScreen(first, { width: 900, height: 600 });
      await using second = await openInChromium(chromium.browser, agent.url, {
        viewport: { width: 1_100, height: 700 },
      });
      await expectScreen(second, { width: 1_100, height: 700 });
      await expectScreen(first, { width: 1_100, height: 700 });
      await first.page.setViewportSize({ width: 800, height: 640 });
      await expectScreen(second, { width: 800, height: 640 });
    },
    testTimeoutMs,
  );
});
