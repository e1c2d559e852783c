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

const testTimeoutMs = 120_000;
/** A lost peer that came back too early has to wait for 15 s, and encoders that failed again and again wait too. */
const arrival = { interval: 50, timeout: 60_000 };

let chromium: ChromiumBrowser;
let agent: AgentProcess;

beforeAll(async () => {
  [chromium, agent] = await Promise.all([launchChromium(), startAgent()]);
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await agent.close();
});

/** Kills every video encoder that there is, again and again, until it is disposed of. */
function killEncoders(everyMs: number): AsyncDisposable {
  const ending = new AbortController();
  const killing = (async () => {
    while (!ending.signal.aborted) {
      for (const pid of processesOf(agent, "video encoder")) kill(pid);
      await delay(everyMs);
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

test.each([
  {
    lives: "long enough for a packet",
    killEveryMs: 10,
    afterwards: /^webrtc$/,
  },
  // Each that lives for a moment takes the picture and loses it, so that peers have to wait longer and longer.
  {
    lives: "longer than for a frame or two",
    killEveryMs: 400,
    afterwards: /^(webrtc|websocket)$/,
  },
])(
  "the desktop comes by VNC while no encoder lives $lives, says so, moves, and comes encoded afterwards",
  async ({ killEveryMs, afterwards }) => {
    await using viewer = await openInChromium(chromium.browser, agent.url);
    await viewer.waitForState("connected");
    let startMs = performance.now();
    {
      await using killing = new AsyncDisposableStack();
      killing.use(killEncoders(killEveryMs));
      await viewer.waitForWords(/comes by VNC/, 20_000);
      report("no encoder lives: by VNC", performance.now() - startMs);
      await expect.poll(() => transportOf(viewer), arrival).toBe("vnc");
      await viewer.waitForChange();
      await agent.waitForHealth(
        "the news that no encoder lives",
        ({ status }) => status === "not-ready",
        10_000,
      );
    }
    startMs = performance.now();
    await expect.poll(() => transportOf(viewer), arrival).toMatch(afterwards);
    report("encoders live again: encoded", performance.now() - startMs);
    await viewer.waitForChange();
  },
  testTimeoutMs,
);
