/**
 * The page around the picture: the panel and the keyboard, what is remembered, how soon it is there, installing it.
 *
 * With `STREAMSPACE_E2E_PICTURES` set to a folder, pictures are written there.
 */
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAgent } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { checkAccessibility } from "../fixtures/e2e-accessibility.ts";
import {
  openForInput,
  startInputSession,
  type InputSession,
} from "../fixtures/e2e-input.ts";
import { report } from "../fixtures/e2e-report.ts";
import { openInChromium } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 40_000;
const arrival = { interval: 20, timeout: 5_000 };
const leaveChord = ["Control", "Alt", "Shift", "KeyM"];
const picturesFolder = process.env["STREAMSPACE_E2E_PICTURES"];
/** What a person takes for at once; measured with agent and browser on one machine. */
const firstPaintMs = 300;

let chromium: ChromiumBrowser;
let session: InputSession;

beforeAll(async () => {
  [chromium, session] = await Promise.all([
    launchChromium(),
    startInputSession(),
  ]);
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await session.close();
});

/** By keyboard, as somebody without a pointer does. */
async function openPanel(page: Page): Promise<void> {
  for (const key of leaveChord) await page.keyboard.down(key);
  for (const key of [...leaveChord].reverse()) await page.keyboard.up(key);
  const menu = page.getByRole("button", { name: "Menu" });
  for (let tabs = 0; tabs < 6; tabs += 1) {
    if (await menu.evaluate(hasFocus)) break;
    await page.keyboard.press("Tab");
  }
  expect(await menu.evaluate(hasFocus)).toBe(true);
  await page.keyboard.press("Enter");
  await page.locator("#panel").waitFor({ state: "visible" });
}

function hasFocus(element: unknown): boolean {
  const { document } = globalThis as unknown as {
    document: { activeElement: unknown };
  };
  return document.activeElement === element;
}

test(
  "keys stay in the panel while it has the focus, and go to the session before and after",
  async () => {
    await using viewer = await openForInput(
      chromium.browser,
      session.agent.url,
    );
    const { page } = viewer;
    const start = session.listener.lines.length;
    await page.keyboard.type("before");
    await expect.poll(() => session.textSince(start), arrival).toBe("before");
    await openPanel(page);
    // The keys that led here were the session's until the last of them; none is held.
    await expect
      .poll(async () => (await session.held()).keycodes, arrival)
      .toEqual([]);
    await session.caughtUp();
    const inPanel = session.listener.lines.length;
    await page.keyboard.type("not for you");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await session.caughtUp();
    const keys = session.listener.lines
      .slice(inPanel)
      .filter(({ type }) => type === "key");
    expect(keys).toEqual([]);
    await page.keyboard.press("Escape");
    await page.locator("#panel").waitFor({ state: "hidden" });
    const after = session.listener.lines.length;
    await page.keyboard.type("after");
    await expect.poll(() => session.textSince(after), arrival).toBe("after");
    // The Escape that closed it was the panel's own.
    expect(session.textSince(start)).toBe("beforeafter");
  },
  testTimeoutMs,
);

test(
  "a click on the desktop gives it the keys while the panel stays open",
  async () => {
    await using viewer = await openForInput(
      chromium.browser,
      session.agent.url,
    );
    const { page } = viewer;
    await openPanel(page);
    await page.mouse.click(300, 400);
    const start = session.listener.lines.length;
    await page.keyboard.type("typed");
    await expect.poll(() => session.textSince(start), arrival).toBe("typed");
    expect(await page.locator("#panel").isVisible()).toBe(true);
  },
  testTimeoutMs,
);

test(
  "the panel shows what the connection does, and draws its delay",
  async () => {
    await using viewer = await openForInput(
      chromium.browser,
      session.agent.url,
    );
    const { page } = viewer;
    await openPanel(page);
    const panel = page.locator("#panel-body-quality");
    await panel.getByText("h264").or(panel.getByText("H264")).waitFor();
    await panel
      .getByRole("img", { name: /Round trip: \d+ ms now/ })
      .waitFor({ timeout: 10_000 });
    await expect
      .poll(
        async () => await panel.locator(".graph-round-trip").getAttribute("d"),
        { interval: 200, timeout: 10_000 },
      )
      .toMatch(/^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+){2,}/);
  },
  testTimeoutMs,
);

test(
  "what was chosen is remembered: quality, sound, figures, section",
  async () => {
    const wishes: string[] = [];
    await using viewer = await openInChromium(
      chromium.browser,
      session.agent.url,
      {
        onPage: (page) => {
          page.on("websocket", (socket) => {
            socket.on("framesent", ({ payload }) => {
              if (String(payload).includes('"quality"'))
                wishes.push(String(payload));
            });
          });
        },
      },
    );
    const { page } = viewer;
    await viewer.waitForState("connected");
    await openPanel(page);
    expect(wishes).toEqual([]);
    await page.getByRole("radio", { name: /Save data/ }).click();
    await expect.poll(() => wishes.length, arrival).toBe(1);
    const saver = { type: "quality", maxBps: 1_500_000, maxFps: 30 };
    expect(JSON.parse(wishes[0] ?? "")).toEqual(saver);
    await page.getByRole("switch", { name: /figures over/ }).click();
    await page.getByRole("tab", { name: "Sound" }).click();
    await page.getByLabel("Volume").fill("35");
    await page.getByRole("switch", { name: /sound/ }).click();
    await page.reload();
    await viewer.waitForState("connected");
    await expect.poll(() => wishes.length, arrival).toBe(2);
    expect(JSON.parse(wishes[1] ?? "")).toEqual(saver);
    expect(await page.locator(".stats").isVisible()).toBe(true);
    await openPanel(page);
    await page.getByRole("heading", { name: "Sound" }).waitFor();
    expect(await page.getByLabel("Volume").inputValue()).toBe("35");
    expect(await page.getByRole("switch", { name: /sound/ }).isChecked()).toBe(
      false,
    );
    expect(
      await page.evaluate(() => {
        const { audio } = (
          globalThis as unknown as {
            streamspace: { audio: { muted: boolean; volume: number } };
          }
        ).streamspace;
        return { muted: audio.muted, volume: audio.volume };
      }),
    ).toEqual({ muted: true, volume: 0.35 });
    expect(await viewer.state()).toBe("connected");
    // The agent took the wish: it has no complaint.
    expect(await viewer.words()).not.toMatch(/lets you look|does not do/);
  },
  testTimeoutMs,
);

test("a preset changes what is sent, and the automatic one takes that back", async () => {
  // The demo draws 30 pictures a second.
  await using agent = await startAgent();
  await using viewer = await openInChromium(chromium.browser, agent.url);
  const { page } = viewer;
  await viewer.waitForState("connected");
  await openPanel(page);
  const rate = (): Promise<number> =>
    page.evaluate(() => {
      const { stats } = (
        globalThis as unknown as {
          streamspace: { stats?: { framesPerSecond?: number } };
        }
      ).streamspace;
      return stats?.framesPerSecond ?? 0;
    });
  const within = { interval: 500, timeout: 12_000 };
  await expect.poll(rate, within).toBeGreaterThan(20);
  await page.getByRole("radio", { name: /Slow connection/ }).click();
  await expect.poll(rate, within).toBeLessThan(17);
  expect(await rate()).toBeGreaterThan(5);
  await page.getByRole("radio", { name: /Automatic/ }).click();
  await expect.poll(rate, within).toBeGreaterThan(20);
}, 60_000);

describe.each(["light", "dark"] as const)("in the %s scheme", (colorScheme) => {
  test.each([
    { width: 1440, height: 900 },
    { width: 390, height: 844 },
  ])(
    "the card, the controls and the panel of a real session keep to WCAG AA at $width × $height",
    async (viewport) => {
      const origin = `http://127.0.0.1:${session.agent.port}/`;
      await using viewer = await openInChromium(chromium.browser, origin, {
        viewport,
        onPage: (opened) => {
          void opened.emulateMedia({ colorScheme });
        },
      });
      const { page } = viewer;
      const look = async (name: string): Promise<void> => {
        const { violations } = await checkAccessibility(page);
        expect(violations, name).toEqual([]);
        if (picturesFolder === undefined) return;
        const file = `page-${name}-${colorScheme}-${viewport.width}.png`;
        await page.screenshot({ path: join(picturesFolder, file) });
      };
      await viewer.waitForWords(/protected by an access token/);
      await look("token");
      await page.getByLabel("Access token").fill("wrong");
      await page.getByRole("button", { name: "Connect" }).click();
      await viewer.waitForWords(/not accepted/);
      await look("refused");
      await page.getByLabel("Access token").fill(session.agent.token);
      await page.getByRole("button", { name: "Connect" }).click();
      await viewer.waitForState("connected");
      await openPanel(page);
      await page.getByRole("tab", { name: "Quality" }).click();
      await page.waitForTimeout(3_500);
      await look("quality");
      await page.getByRole("tab", { name: "Sound" }).click();
      await look("sound");
      await page.getByRole("tab", { name: "About" }).click();
      await look("about");
    },
    testTimeoutMs,
  );
});

test(
  "something is painted at once, and nothing jumps",
  async () => {
    await using viewer = await openInChromium(
      chromium.browser,
      session.agent.url,
      { initScript: watchShifts },
    );
    const { page } = viewer;
    const devTools = await page.context().newCDPSession(page);
    // Every file anew, from the agent.
    await devTools.send("Network.setCacheDisabled", { cacheDisabled: true });
    await devTools.send("Network.setBypassServiceWorker", { bypass: true });
    const paints: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await viewer.waitForState("connected");
      await openPanel(page);
      await page.waitForTimeout(300);
      const { paintMs, shifts } = await page.evaluate(readPaints);
      paints.push(paintMs);
      expect(shifts).toBe(0);
      await page.reload();
    }
    // The others are those of a machine that does something else as well.
    const best = Math.min(...paints);
    report("first contentful paint, the first time", paints[0] ?? NaN);
    report("first contentful paint, best of five", best);
    expect(best).toBeGreaterThan(0);
    expect(best).toBeLessThan(firstPaintMs);
  },
  testTimeoutMs,
);

interface Shift {
  value: number;
  hadRecentInput: boolean;
}
interface PerformanceScope {
  shifts: number;
  PerformanceObserver: new (
    callback: (list: { getEntries(): Shift[] }) => void,
  ) => { observe(options: { type: string; buffered: boolean }): void };
}

function watchShifts(): void {
  const page = globalThis as unknown as PerformanceScope;
  page.shifts = 0;
  new page.PerformanceObserver((list) => {
    // What the user's own input moves does not count, here as elsewhere.
    for (const { value, hadRecentInput } of list.getEntries())
      if (!hadRecentInput) page.shifts += value;
  }).observe({ type: "layout-shift", buffered: true });
}

function readPaints(): { paintMs: number; shifts: number } {
  const { shifts } = globalThis as unknown as PerformanceScope;
  const [entry] = performance.getEntriesByName("first-contentful-paint");
  return { paintMs: entry?.startTime ?? NaN, shifts };
}

describe("the installed page", () => {
  test("has a manifest whose icons are what it says", async () => {
    const origin = `http://127.0.0.1:${session.agent.port}/`;
    const html = await (await fetch(origin)).text();
    const href = /rel="manifest" href="([^"]+)"/.exec(html)?.[1] ?? "";
    const url = new URL(href, origin);
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe(
      "application/manifest+json",
    );
    const manifest = (await response.json()) as Manifest;
    expect(manifest.name).not.toBe("");
    expect(manifest.display).toBe("standalone");
    // What a browser starts must be within what the worker and the token are of.
    for (const address of [manifest.start_url, manifest.scope])
      expect(new URL(address, url).href).toBe(origin);
    const purposes = manifest.icons.map(({ purpose }) => purpose);
    expect(purposes).toContain("maskable");
    for (const { src, sizes, type } of manifest.icons) {
      const icon = await fetch(new URL(src, url));
      expect(icon.headers.get("content-type"), src).toBe(type);
      if (type !== "image/png") continue;
      const png = Buffer.from(await icon.arrayBuffer());
      // PNG (RFC 2083): the header chunk has the size.
      expect(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`).toBe(sizes);
    }
    expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(
      expect.arrayContaining(["192x192", "512x512"]),
    );
  });

  test(
    "Chromium finds nothing that keeps it from being installed",
    async () => {
      await using viewer = await openInChromium(
        chromium.browser,
        session.agent.url,
      );
      const devTools = await viewer.page.context().newCDPSession(viewer.page);
      const { errors } = await devTools.send("Page.getAppManifest");
      expect(errors).toEqual([]);
      const { installabilityErrors } = await devTools.send(
        "Page.getInstallabilityErrors",
      );
      const reasons = installabilityErrors
        .map(({ errorId }) => errorId)
        // Contexts of a test are private windows.
        .filter((id) => id !== "in-incognito");
      expect(reasons).toEqual([]);
    },
    testTimeoutMs,
  );

  test("opens while its agent is away and says so, and keeps neither token nor answers of the agent", async () => {
    const token = "a-token-that-must-not-be-kept";
    await using first = await startAgent({
      token,
      args: ["--window-manager", "none"],
      command: ["sleep", "1000"],
    });
    await using viewer = await openInChromium(chromium.browser, first.url);
    const { page } = viewer;
    await viewer.waitForState("connected");
    await page.waitForFunction(
      () =>
        (globalThis as unknown as WorkerPage).navigator.serviceWorker
          .controller !== null,
    );
    await page.evaluate(async () => {
      await Promise.all(["health", "metrics"].map((path) => fetch(path)));
    });
    const kept = await page.evaluate(readCaches);
    const origin = `http://127.0.0.1:${first.port}`;
    const paths = kept.urls.map((url) => url.slice(origin.length)).sort();
    expect(paths).toContain("/");
    for (const path of paths)
      expect(path).toMatch(
        /^\/(assets\/page-[\w-]+\.(js|css)|[\w-]+\.(png|svg|webmanifest))?$/,
      );
    expect(kept.text).not.toContain(token);
    const { port } = first;
    await first.close();
    await page.reload();
    await viewer.waitForWords(/Connection lost|Connecting again/);
    await using _second = await startAgent({ token, port });
    await viewer.waitForState("connected", 25_000);
  }, 90_000);
});

interface Manifest {
  name: string;
  display: string;
  start_url: string;
  scope: string;
  icons: { src: string; sizes: string; type: string; purpose: string }[];
}
interface WorkerPage {
  navigator: { serviceWorker: { controller: unknown } };
  caches: {
    keys(): Promise<string[]>;
    open(name: string): Promise<{
      keys(): Promise<{ url: string }[]>;
      match(request: { url: string }): Promise<Response | undefined>;
    }>;
  };
}

/** Addresses and texts of everything that is kept. */
async function readCaches(): Promise<{ urls: string[]; text: string }> {
  const { caches } = globalThis as unknown as WorkerPage;
  const urls: string[] = [];
  let text = "";
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      urls.push(request.url);
      text += (await (await cache.match(request))?.text()) ?? "";
    }
  }
  return { urls, text: `${urls.join("\n")}\n${text}` };
}
