/**
 * Encoders that hang or crash in the middle of a session: the page keeps its connection and its picture moves
 * again, and an encoder that fails again and again gives way to the next.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { poll, sleep } from "../../agent/base/deadline.ts";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { report } from "../fixtures/e2e-report.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";

/** Far beyond what is aimed at (2 s), for a machine that does other things too. */
const healLimitMs = 8_000;

let chromium: ChromiumBrowser;
let agent: AgentProcess;
let viewer: ChromiumViewer;

beforeAll(async () => {
  [chromium, agent] = await Promise.all([launchChromium(), startAgent()]);
  viewer = await openInChromium(chromium.browser, agent.url);
  await viewer.waitForState("connected");
  await viewer.page.evaluate(() => {
    (globalThis as { neverReloaded?: boolean }).neverReloaded = true;
  });
  await agent.waitForHealth(
    "every proof",
    ({ encoders }) =>
      encoders.every(({ state }) => state === "proven" || state === "refused"),
    30_000,
  );
}, 90_000);

afterAll(async () => {
  await chromium.close();
  await agent.close();
});

/** Process id of the child that encodes with `element`. */
function encoderProcess(element: string): number | undefined {
  return agent
    .processes()
    .find(
      ({ parentPid, command }) =>
        parentPid === agent.pid && command.includes(` ${element} `),
    )?.pid;
}

/** Sends `signal` to the child with x264, and waits for another of `next` and a picture that moves. */
async function strike(
  signal: "SIGKILL" | "SIGSTOP",
  next: string,
): Promise<void> {
  const struck = encoderProcess("x264enc");
  if (struck === undefined) throw new Error("there is no child with x264");
  const startMs = performance.now();
  await using readiness = watchReadiness();
  process.kill(struck, signal);
  await poll(
    () => {
      const pid = encoderProcess(next);
      return pid === undefined || pid === struck ? undefined : pid;
    },
    { everyMs: 10, timeoutMs: healLimitMs, what: `a child with ${next}` },
  );
  await viewer.waitForChange(healLimitMs);
  report(`x264 ${signal}: picture moves`, performance.now() - startMs);
  const answers = [...readiness.answers];
  expect(answers).toContain("200 degraded");
  expect(answers.filter((answer) => !answer.startsWith("200 "))).toEqual([]);
}

/** Asks `/readyz` all the time, and keeps each answer that differs. */
function watchReadiness(): AsyncDisposable & { answers: Set<string> } {
  const answers = new Set<string>();
  const ending = new AbortController();
  const watching = (async () => {
    while (!ending.signal.aborted) {
      const response = await fetch(new URL("/readyz", agent.url));
      const text = await response.text();
      answers.add(`${response.status} ${text.trim()}`);
      await sleep(10);
    }
  })();
  return {
    answers,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await watching;
    },
  };
}

describe("an encoder in the middle of a session", () => {
  test("that hangs is found and replaced", async () => {
    await strike("SIGSTOP", "x264enc");
  }, 30_000);

  test("that fails again gives way to the next, and health says why", async () => {
    await strike("SIGKILL", "openh264enc");
    const health = await agent.waitForHealth(
      "the next encoder",
      ({ video }) =>
        video.some(
          ({ codec, encoder }) => codec === "h264" && encoder === "openh264enc",
        ),
      healLimitMs,
    );
    expect(health.status).toBe("degraded");
    expect(health.reasons.join("\n")).toMatch(
      /x264enc is given a rest, since it failed: was ended by SIGKILL/,
    );
    await viewer.waitForChange(healLimitMs);
    expect(
      await viewer.page.evaluate(
        () => (globalThis as { neverReloaded?: boolean }).neverReloaded,
      ),
    ).toBe(true);
  }, 40_000);
});

describe("an encoder that the settings insist on", () => {
  test("gives way where that is allowed, and health says why", async () => {
    await using other = await startAgent({
      args: ["--video-encoder", "nvh264enc", "--video-encoder-fallback"],
    });
    const health = await other.waitForHealth(
      "a session on another encoder",
      ({ status }) => status !== "not-ready",
      healLimitMs,
    );
    expect(health.video[0]?.encoder).toBe("x264enc");
    expect(
      health.encoders.find(({ element }) => element === "nvh264enc"),
    ).toMatchObject({
      state: "refused",
      reason: "GStreamer has no element nvh264enc here",
    });
  }, 40_000);
});
