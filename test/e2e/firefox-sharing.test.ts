/**
 * Firefox: shares a session with a Chromium, and comes back after the agent was away.
 */
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentProcess } from "../fixtures/agent-process.ts";
import { displayOf, startAgent } from "../fixtures/agent-process.ts";
import {
  launchFirefox,
  type FirefoxBrowser,
} from "../fixtures/browser-firefox.ts";
import type { PageScope } from "../fixtures/e2e-page-probe.ts";
import type { Sharing } from "../../client/src/sharing.ts";
import { startX11Client } from "../fixtures/x11-client-process.ts";

const testTimeoutMs = 90_000;
const arrival = { interval: 50, timeout: 10_000 };
const returning = { interval: 100, timeout: 25_000 };
const token = "the-token-of-controllers";
const viewerToken = "the-token-of-lookers";

interface Scope {
  streamspace?: { sharing: Sharing; state: { kind: string } };
}

let firefox: FirefoxBrowser;
let agent: AgentProcess;
const owned = new AsyncDisposableStack();

beforeAll(async () => {
  agent = await start();
  firefox = owned.use(await launchFirefox());
}, 90_000);

afterAll(async () => {
  await owned.disposeAsync();
  await agent.close();
}, 30_000);

async function start(port?: number): Promise<AgentProcess> {
  return await startAgent({
    token,
    args: ["--window-manager", "none", "--control", "exclusive"],
    command: ["sleep", "1000"],
    env: { STREAMSPACE_VIEWER_TOKEN: viewerToken },
    ...(port === undefined ? {} : { port }),
  });
}

/** A window of its own: a tab in the background sleeps. */
async function open(withToken: string): Promise<Page> {
  const context = await firefox.browser.createBrowserContext();
  const page = await context.newPage();
  await page.goto(agent.url.replace(token, withToken), { timeout: 15_000 });
  await expect.poll(() => kindOf(page), returning).toBe("connected");
  return page;
}

function kindOf(page: Page): Promise<string | undefined> {
  return page.evaluate(
    () => (globalThis as unknown as Scope).streamspace?.state.kind,
  );
}

function rights(page: Page): Promise<unknown> {
  return page.evaluate(() => {
    const { sharing } = (globalThis as unknown as Scope).streamspace ?? {};
    return {
      role: sharing?.state.role,
      mayControl: sharing?.state.mayControl,
      people: sharing?.state.viewers.length,
    };
  });
}

function wordsOf(page: Page): Promise<string> {
  return page.evaluate(
    () => (globalThis as unknown as PageScope).document.body.innerText,
  );
}

test(
  "one acts and the other looks, and after a new start of the agent each is what it was",
  async () => {
    const place = displayOf(agent);
    const controller = await open(token);
    const looker = await open(viewerToken);
    const acts = { role: "controller", mayControl: true, people: 2 };
    const looks = { role: "viewer", mayControl: false, people: 2 };
    await expect.poll(() => rights(controller), arrival).toEqual(acts);
    await expect.poll(() => rights(looker), arrival).toEqual(looks);
    {
      await using listener = await startX11Client("x11-key-listener", place);
      await looker.mouse.click(300, 300);
      await looker.keyboard.type("looker");
      await controller.mouse.click(300, 300);
      await controller.keyboard.type("acts");
      await expect
        .poll(
          () =>
            listener.lines
              .map((line) =>
                line.type === "key" && line.pressed ? line.text : "",
              )
              .join(""),
          arrival,
        )
        .toBe("acts");
      await expect
        .poll(() => wordsOf(looker), arrival)
        .toMatch(/lets you look/);
    }
    agent.signal("SIGKILL");
    await expect
      .poll(() => wordsOf(controller), arrival)
      .toMatch(/Connection lost|Connecting again/);
    await agent.exited;
    agent = await start(agent.port);
    for (const page of [controller, looker])
      await expect.poll(() => kindOf(page), returning).toBe("connected");
    await expect.poll(() => rights(controller), arrival).toEqual(acts);
    await expect.poll(() => rights(looker), arrival).toEqual(looks);
  },
  testTimeoutMs,
);

test(
  "a page that is loaded again has its control again",
  async () => {
    const page = await open(token);
    const other = await open(token);
    await page.evaluate(() => {
      (globalThis as unknown as Scope).streamspace?.sharing.takeControl();
    });
    const mayControl = async (): Promise<unknown> => await rights(page);
    await expect.poll(mayControl, arrival).toMatchObject({ mayControl: true });
    await page.reload();
    await expect.poll(() => kindOf(page), returning).toBe("connected");
    await expect.poll(mayControl, arrival).toMatchObject({ mayControl: true });
    expect(await rights(other)).toMatchObject({ mayControl: false });
  },
  testTimeoutMs,
);
