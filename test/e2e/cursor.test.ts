/**
 * The pointer that the browser draws: pixel by pixel what the X server has, and nowhere in the video.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  displayOf,
  startAgent,
  type AgentProcess,
} from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { readCursor, type PageCursor } from "../fixtures/e2e-cursor.ts";
import type { PageScope } from "../fixtures/e2e-page-probe.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";
import {
  startX11Client,
  type X11ClientProcess,
} from "../fixtures/x11-client-process.ts";
import { argbPixel, corePixel, type Pixel } from "../fixtures/x11-cursor.ts";

const testTimeoutMs = 40_000;

let chromium: ChromiumBrowser;
let agent: AgentProcess;

beforeAll(async () => {
  [chromium, agent] = await Promise.all([
    launchChromium(),
    startAgent({ command: ["sleep", "1000"] }),
  ]);
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await agent.close();
});

function showCursor(
  of: AgentProcess,
  args: readonly string[],
): Promise<X11ClientProcess> {
  return startX11Client("x11-cursor", {
    ...displayOf(of),
    args: [...args],
  });
}

/** Waits for the page's cursor to be one that `accept` takes. */
async function cursorOf(
  viewer: ChromiumViewer,
  accept: (cursor: PageCursor) => boolean,
): Promise<PageCursor> {
  let latest: PageCursor = { css: "never read" };
  await expect
    .poll(
      async () => {
        latest = await readCursor(viewer.page);
        return accept(latest) || latest.css.slice(0, 200);
      },
      { timeout: 3_000, interval: 20 },
    )
    .toBe(true);
  return latest;
}

/** What a browser makes of a pixel: colours as if they were opaque. */
function straight([red, green, blue, alpha]: Pixel): number[] {
  if (alpha === 0) return [0, 0, 0, 0];
  return [
    ...[red, green, blue].map((value) => Math.round((value * 255) / alpha)),
    alpha,
  ];
}

function expectPixels(
  cursor: PageCursor,
  size: { width: number; height: number },
  pixel: (x: number, y: number) => Pixel,
): void {
  expect(cursor.image).toMatchObject(size);
  const wrong: string[] = [];
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      const at = (y * size.width + x) * 4;
      const shown = cursor.image?.png.slice(at, at + 4) ?? [];
      const wanted = straight(pixel(x, y));
      if (shown.join() !== wanted.join())
        wrong.push(`${x},${y}: ${shown.join()} instead of ${wanted.join()}`);
    }
  }
  expect(wrong).toEqual([]);
}

describe("the cursor of the page", () => {
  test.each([
    {
      name: "with alpha",
      args: ["--kind", "argb", "--size", "24x20", "--hot", "3,5"],
      size: { width: 24, height: 20 },
      hot: "3 5",
      pixel: argbPixel,
    },
    {
      name: "of the core protocol",
      args: ["--kind", "core", "--size", "16x15", "--hot", "15,0"],
      size: { width: 16, height: 15 },
      hot: "15 0",
      pixel: corePixel,
    },
  ])(
    "is that of the X server, pixel by pixel, $name",
    async ({ args, size, hot, pixel }) => {
      await using viewer = await openInChromium(chromium.browser, agent.url);
      await viewer.waitForState("connected");
      await using client = new AsyncDisposableStack();
      client.use(await showCursor(agent, args));
      const cursor = await cursorOf(viewer, ({ css }) =>
        css.endsWith(` ${hot}, default`),
      );
      expectPixels(cursor, size, pixel);
    },
    testTimeoutMs,
  );

  test(
    "is hidden while the X server's is transparent, and comes back from memory",
    async () => {
      const cursors: { key: string | null; image?: object }[] = [];
      await using viewer = await openInChromium(chromium.browser, agent.url, {
        onPage: (page) => {
          page.on("websocket", (socket) => {
            socket.on("framereceived", ({ payload }) => {
              const text = String(payload);
              if (text.startsWith('{"type":"cursor"'))
                cursors.push(JSON.parse(text) as (typeof cursors)[number]);
            });
          });
        },
      });
      await viewer.waitForState("connected");
      await using below = new AsyncDisposableStack();
      below.use(await showCursor(agent, ["--hot", "7,9"]));
      const isBack = ({ css }: PageCursor): boolean =>
        css.endsWith(" 7 9, default");
      const before = await cursorOf(viewer, isBack);
      {
        await using hidden = new AsyncDisposableStack();
        hidden.use(await showCursor(agent, ["--kind", "empty"]));
        await cursorOf(viewer, ({ css }) => css === "none");
      }
      expect((await cursorOf(viewer, isBack)).css).toBe(before.css);
      const [shown, hidden, again] = cursors.slice(-3);
      expect(shown?.image).toBeDefined();
      expect(hidden).toEqual({ type: "cursor", key: null });
      expect(again).toEqual({ type: "cursor", key: shown?.key });
    },
    testTimeoutMs,
  );

  test(
    "keeps its hot spot and its pixels on a screen of two pixels in one",
    async () => {
      const context = await chromium.browser.newContext({
        viewport: { width: 640, height: 360 },
        deviceScaleFactor: 2,
      });
      try {
        const page = await context.newPage();
        await page.goto(agent.url);
        await using client = new AsyncDisposableStack();
        client.use(await showCursor(agent, ["--hot", "3,5"]));
        // 1280 × 720 pixels on 640 × 360 of two each: as sharp as it gets.
        await expect
          .poll(async () => (await readCursor(page)).css, { timeout: 5_000 })
          .toMatch(/^image-set\(url\(".*"\) 2dppx.*\) 2 3, default$/);
        const cursor = await readCursor(page);
        // A transparent column and row move the hot spot to whole CSS pixels: 4 and 6.
        const size = { width: 25, height: 21 };
        expectPixels(cursor, size, (x, y) =>
          x === 0 || y === 0 ? [0, 0, 0, 0] : argbPixel(x - 1, y - 1),
        );
      } finally {
        await context.close();
      }
    },
    testTimeoutMs,
  );

  test(
    "that browsers do not draw is drawn by the page, where the pointer is",
    async () => {
      await using viewer = await openInChromium(chromium.browser, agent.url);
      await viewer.waitForState("connected");
      await using client = new AsyncDisposableStack();
      client.use(
        await showCursor(agent, [...["--size", "160x150", "--hot", "80,75"]]),
      );
      await viewer.page.mouse.move(400, 300);
      await cursorOf(viewer, ({ css }) => css === "none");
      const overlay = viewer.page.locator(".cursor-overlay");
      await expect
        .poll(() => overlay.boundingBox(), { timeout: 3_000 })
        .toEqual({ x: 320, y: 225, width: 160, height: 150 });
      await viewer.page.mouse.move(500, 310);
      expect(await overlay.boundingBox()).toMatchObject({ x: 420, y: 235 });
    },
    testTimeoutMs,
  );

  test(
    "is drawn by the page while the pointer is locked, where it has been moved to",
    async () => {
      await using viewer = await openInChromium(chromium.browser, agent.url);
      await viewer.waitForState("connected");
      await using client = new AsyncDisposableStack();
      client.use(
        await showCursor(agent, [...["--size", "24x20", "--hot", "3,5"]]),
      );
      const { page } = viewer;
      await page.mouse.click(400, 300);
      await cursorOf(viewer, ({ css }) => css.endsWith(" 3 5, default"));
      const overlay = page.locator(".cursor-overlay");
      expect(await overlay.boundingBox()).toBeNull();
      await page.evaluate(() => {
        (globalThis as unknown as PageScope).streamspace?.keyboard.press(
          "capture-pointer",
        );
      });
      await untilLocked(viewer, true);
      await page.mouse.move(460, 280);
      // Beyond the edge of the screen it stays at the edge, and comes back from there.
      await page.mouse.move(460, -200);
      await page.mouse.move(450, -160);
      await expect
        .poll(() => overlay.boundingBox(), { timeout: 3_000 })
        .toEqual({ x: 450 - 3, y: 40 - 5, width: 24, height: 20 });
      await page.evaluate(() => {
        (
          globalThis as unknown as { document: { exitPointerLock(): void } }
        ).document.exitPointerLock();
      });
      await untilLocked(viewer, false);
      await cursorOf(viewer, ({ css }) => css.endsWith(" 3 5, default"));
      expect(await overlay.boundingBox()).toBeNull();
    },
    testTimeoutMs,
  );
});

/** Whether the page has the pointer locked is `wanted`. */
async function untilLocked(
  { page }: ChromiumViewer,
  wanted: boolean,
): Promise<void> {
  await expect
    .poll(
      () =>
        page.evaluate(
          () =>
            (
              globalThis as unknown as {
                document: { pointerLockElement: unknown };
              }
            ).document.pointerLockElement !== null,
        ),
      { timeout: 3_000, interval: 20 },
    )
    .toBe(wanted);
}

describe("the video", () => {
  const pointed = { x: 640, y: 360 };
  /** The background of the client's window. */
  const background = [0x40, 0x60, 0x80];

  /** The largest difference, of 255, around the place that is pointed at. */
  async function differenceAt(viewer: ChromiumViewer): Promise<number> {
    const places = [-8, 0, 8].flatMap((dx) =>
      [-8, 0, 8].map((dy) => ({ x: pointed.x + dx, y: pointed.y + dy })),
    );
    const colours = await viewer.readColours(places);
    return Math.max(
      ...colours.flatMap((colour) =>
        colour.map((value, index) =>
          Math.abs(value - (background[index] ?? 0)),
        ),
      ),
    );
  }

  const capture = (how: string): string[] => ["--video-capture", how];

  test.each([
    { how: "damage", cursor: "client" },
    { how: "polling", cursor: "client" },
    { how: "damage", cursor: "video" },
    { how: "polling", cursor: "video" },
  ])(
    "captured by $how has the pointer only if it is to draw it ($cursor)",
    async ({ how, cursor }) => {
      await using session = await startAgent({
        args: [...capture(how), "--cursor", cursor, "--window-manager", "none"],
        command: ["sleep", "1000"],
      });
      await using client = new AsyncDisposableStack();
      client.use(
        await showCursor(session, [
          ...["--kind", "core", "--size", "32x32", "--hot", "16,16"],
        ]),
      );
      await using viewer = await openInChromium(chromium.browser, session.url);
      await viewer.waitForState("connected");
      await viewer.page.mouse.move(pointed.x, pointed.y);
      if (cursor === "client") {
        await expect
          .poll(() => differenceAt(viewer), { timeout: 5_000 })
          .toBeLessThan(12);
        // Whatever is drawn would have arrived by then.
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect(await differenceAt(viewer)).toBeLessThan(12);
        expect((await readCursor(viewer.page)).image).toBeDefined();
      } else {
        await expect
          .poll(() => differenceAt(viewer), { timeout: 5_000 })
          .toBeGreaterThan(20);
        expect((await readCursor(viewer.page)).css).toBe("none");
      }
    },
    testTimeoutMs,
  );
});
