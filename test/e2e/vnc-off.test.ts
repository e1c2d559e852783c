/**
 * What pages say where there is no VNC: the session has ended, or has VNC turned off.
 */
import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { poll } from "../../agent/base/deadline.ts";
import { startAgent } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { installIceBlock } from "../fixtures/e2e-ice-block.ts";
import { waitForVncState } from "../fixtures/e2e-vnc.ts";
import { freePort } from "../fixtures/free-port.ts";

/** Of both sessions of a test. */
const token = "the-same-token-in-both-sessions";
const testTimeoutMs = 90_000;

let chromium: ChromiumBrowser;

beforeAll(async () => {
  chromium = await launchChromium();
}, 60_000);

afterAll(async () => {
  await chromium.close();
});

/** Shows a session by VNC in `page` until it has ended. @returns the port on which the next one is to come. */
async function endedSession(page: Page): Promise<number> {
  const port = await freePort();
  await using agent = await startAgent({ port, token });
  await page.goto(`http://127.0.0.1:${port}/vnc/#token=${token}`);
  await waitForVncState(page, "picture");
  agent.signal("SIGTERM");
  await untilWords(page, /The session has ended/);
  await agent.exited;
  return port;
}

async function untilWords(page: Page, words: RegExp): Promise<void> {
  await poll(
    async () => words.test(await page.innerText("body")) || undefined,
    { everyMs: 30, timeoutMs: 30_000, what: `the words ${words.source}` },
  );
}

test(
  "the VNC page says that the session has ended, and when it is back without VNC, that this is turned off",
  async () => {
    await using context = await chromium.browser.newContext();
    const page = await context.newPage();
    const port = await endedSession(page);
    // Tries go on behind it, and are no news.
    for (let look = 0; look < 30; look += 1) {
      await page.waitForTimeout(100);
      const words = await page.innerText("body");
      expect(words).toMatch(/The session has ended/);
      expect(words).not.toMatch(/Connection lost|Connecting/);
    }
    await using other = await startAgent({ port, token, args: ["--no-vnc"] });
    await untilWords(page, /VNC is turned off/);
    expect(await page.innerText("body")).not.toMatch(/Connection lost/);
    await page.getByRole("link", { name: "Open the main page" }).click();
    expect(page.url()).toBe(`http://127.0.0.1:${other.port}/`);
  },
  testTimeoutMs,
);

test(
  "a page that asks for VNC alone gets it from the next session, where the one before had none",
  async () => {
    const port = await freePort();
    await using agent = await startAgent({ port, token, args: ["--no-vnc"] });
    await using context = await chromium.browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${port}/?transport=vnc#token=${token}`);
    await untilWords(page, /The picture could not get through/);
    agent.signal("SIGTERM");
    await agent.exited;
    await using other = await startAgent({ port, token });
    expect(other.port).toBe(port);
    const state = page.locator('body[data-state="connected"]');
    await state.waitFor({ timeout: 30_000 });
  },
  testTimeoutMs,
);

test(
  "the VNC page opens one view, however often it is told to try again",
  async () => {
    await using context = await chromium.browser.newContext();
    const page = await context.newPage();
    const port = await endedSession(page);
    const held: Route[] = [];
    await page.route("**/vnc/session", (route) => void held.push(route));
    await using other = await startAgent({ port, token });
    expect(other.port).toBe(port);
    for (let click = 0; click < 3; click += 1)
      await page.getByRole("button", { name: "Try again" }).click();
    await poll(() => held.length >= 3 || undefined, {
      ...{ everyMs: 30, timeoutMs: 5_000, what: "three requests" },
    });
    let sockets = 0;
    page.on("websocket", () => (sockets += 1));
    for (const route of held) await route.continue();
    await waitForVncState(page, "picture");
    await page.waitForTimeout(500);
    expect({ sockets, canvases: await page.locator("canvas").count() }).toEqual(
      { sockets: 1, canvases: 1 },
    );
  },
  testTimeoutMs,
);

test(
  "with VNC turned off the VNC page says so, and the main page does not try it",
  async () => {
    await using agent = await startAgent({ args: ["--no-vnc"] });
    await using context = await chromium.browser.newContext();
    const page = await context.newPage();
    const answer = await page.goto(`http://127.0.0.1:${agent.port}/vnc/`);
    expect(answer?.status()).toBe(404);
    expect(await page.innerText("body")).toContain("VNC is turned off");
    // Nothing shows the desktop there, and VNC would be next.
    const url = new URL(agent.url);
    url.search = "?blocked&nodecoder";
    const main = await context.newPage();
    await main.addInitScript(installIceBlock);
    const sockets: string[] = [];
    main.on("websocket", (socket) => sockets.push(socket.url()));
    await main.goto(url.href);
    await untilWords(main, /The picture could not get through/);
    expect(sockets.length).toBeGreaterThan(0);
    expect(sockets.filter((each) => !each.includes("/ws"))).toEqual([]);
  },
  testTimeoutMs,
);
