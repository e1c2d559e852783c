/**
 * Access: who may see the session, what the others are told, and how a page finds back.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { report } from "../fixtures/e2e-report.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";

const testTimeoutMs = 40_000;

let chromium: ChromiumBrowser;

beforeAll(async () => {
  chromium = await launchChromium();
}, 60_000);

afterAll(async () => {
  await chromium.close();
});

describe("the token", () => {
  let agent: AgentProcess;

  beforeAll(async () => {
    agent = await startAgent();
  }, 60_000);

  afterAll(async () => {
    await agent.close();
  });

  async function openAt(fragment: string): Promise<ChromiumViewer> {
    const url = `http://127.0.0.1:${agent.port}/${fragment}`;
    return await openInChromium(chromium.browser, url);
  }

  async function enterToken(
    { page }: ChromiumViewer,
    token: string,
  ): Promise<void> {
    await page.getByLabel("Access token").fill(token);
    await page.getByRole("button", { name: "Connect" }).click();
  }

  test(
    "a page without one asks for it, and takes it",
    async () => {
      await using viewer = await openAt("");
      await viewer.waitForWords(/protected by an access token/);
      expect((await agent.health()).viewers).toBe(0);
      await enterToken(viewer, agent.token);
      await viewer.waitForState("connected");
    },
    testTimeoutMs,
  );

  test(
    "a wrong one is refused in words, and another can be entered",
    async () => {
      await using viewer = await openAt("#token=not-the-token-of-this");
      await viewer.waitForWords(/token was not accepted/);
      await enterToken(viewer, "wrong-again");
      await viewer.waitForWords(/token was not accepted/);
      expect((await agent.health()).viewers).toBe(0);
      await enterToken(viewer, agent.token);
      await viewer.waitForState("connected");
    },
    testTimeoutMs,
  );

  test(
    "is not left in the address, and outlives a reload",
    async () => {
      await using viewer = await openInChromium(chromium.browser, agent.url);
      await viewer.waitForState("connected");
      expect(viewer.page.url()).not.toContain(agent.token);
      await viewer.page.reload();
      await viewer.waitForState("connected");
    },
    testTimeoutMs,
  );
});

test.each([
  { signal: "SIGTERM", words: /The session has ended|Connection lost/ },
  { signal: "SIGKILL", words: /Connection lost/ },
] as const)(
  "a page finds the agent that was started again after $signal",
  async ({ signal, words }) => {
    const token = "the-same-token-for-both";
    await using first = await startAgent({ token });
    await using viewer = await openInChromium(chromium.browser, first.url);
    await viewer.waitForState("connected");
    await viewer.page.evaluate(() => {
      (globalThis as { neverReloaded?: boolean }).neverReloaded = true;
    });
    first.signal(signal);
    await viewer.waitForWords(words);
    await first.exited;
    await using second = await startAgent({ token, port: first.port });
    const startMs = performance.now();
    await viewer.waitForState("connected", 20_000);
    await viewer.waitForChange();
    expect((await second.health()).viewers).toBe(1);
    report(`back after ${signal} and a new start`, performance.now() - startMs);
    expect(
      await viewer.page.evaluate(
        () => (globalThis as { neverReloaded?: boolean }).neverReloaded,
      ),
    ).toBe(true);
  },
  testTimeoutMs,
);

test(
  "a full session says so, and lets the next one in when somebody leaves",
  async () => {
    await using agent = await startAgent({ args: ["--max-viewers", "1"] });
    await using first = await openInChromium(chromium.browser, agent.url);
    await first.waitForState("connected");
    await using second = await openInChromium(chromium.browser, agent.url);
    await second.waitForWords(/The session is full/);
    expect(await first.state()).toBe("connected");
    await first.page.close();
    await second.waitForState("connected", 20_000);
  },
  testTimeoutMs,
);
