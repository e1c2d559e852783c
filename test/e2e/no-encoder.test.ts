/**
 * Encoders that die whichever is tried, in the middle of a session: the page does not stand still with its last picture.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { report } from "../fixtures/e2e-report.ts";
import { processesOf } from "../fixtures/e2e-session.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";

/** Sooner than an encoder is there: its first packet takes longer. */
const killEveryMs = 10;
const testTimeoutMs = 90_000;

let chromium: ChromiumBrowser;
let agent: AgentProcess;

beforeAll(async () => {
  [chromium, agent] = await Promise.all([launchChromium(), startAgent()]);
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await agent.close();
});

/** Kills every video encoder as soon as it is there, until it is disposed of. */
function killEncoders(): AsyncDisposable {
  const ending = new AbortController();
  const killing = (async () => {
    while (!ending.signal.aborted) {
      for (const pid of processesOf(agent, "video encoder")) kill(pid);
      await delay(killEveryMs);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await killing;
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const transportOf = ({ page }: ChromiumViewer): Promise<string | undefined> =>
  page.evaluate(
    () =>
      (globalThis as unknown as { streamspace?: { transport?: string } })
        .streamspace?.transport,
  );

test(
  "the desktop comes by VNC while no encoder lives, says so, moves, and comes by the direct connection afterwards",
  async () => {
    await using viewer = await openInChromium(chromium.browser, agent.url);
    await viewer.waitForState("connected");
    expect(await transportOf(viewer)).toBe("webrtc");
    let startMs = performance.now();
    {
      await using killing = new AsyncDisposableStack();
      killing.use(killEncoders());
      await viewer.waitForWords(/comes by VNC/, 20_000);
      report("no encoder lives: by VNC", performance.now() - startMs);
      expect(await transportOf(viewer)).toBe("vnc");
      await viewer.waitForChange();
      expect((await agent.health()).status).toBe("not-ready");
    }
    startMs = performance.now();
    await expect
      .poll(() => transportOf(viewer), { interval: 50, timeout: 40_000 })
      .toBe("webrtc");
    report("encoders live again: by WebRTC", performance.now() - startMs);
    await viewer.waitForChange();
  },
  testTimeoutMs,
);
