/**
 * The panel of a real session: whose the keys are, what it shows, what is remembered.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import {
  openForInput,
  startInputSession,
  type InputSession,
} from "../fixtures/e2e-input.ts";
import { openPanel } from "../fixtures/e2e-panel.ts";
import { openInChromium } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 40_000;
const arrival = { interval: 20, timeout: 5_000 };

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
    // Where the keyboard is now is shown for a moment.
    await page.locator(".stage.arrived").waitFor();
    await page.locator(".stage:not(.arrived)").waitFor();
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
    expect(await page.locator(".stage.arrived").count()).toBe(0);
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
  await expect
    .poll(async () => Math.abs((await rate()) - 11), within)
    .toBeLessThan(6);
  await page.getByRole("radio", { name: /Automatic/ }).click();
  await expect.poll(rate, within).toBeGreaterThan(20);
}, 60_000);
