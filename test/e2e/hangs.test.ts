/**
 * Hangs: each process of a session is stopped (SIGSTOP) in front of a real browser. What heals, how fast, and what health
 * says meanwhile; ARCHITECTURE.md has the table.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { poll, sleep } from "../../agent/base/deadline.ts";
import type { HealthSnapshot } from "../../signaling/protocol.ts";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { report } from "../fixtures/e2e-report.ts";
import {
  componentOf,
  findProcess,
  processOf,
  type SessionChild,
} from "../fixtures/e2e-session.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";

/** What is aimed at, and what a machine gets that does other things too. */
const aimMs = 3_000;
const limitMs = 2 * aimMs;
const testTimeoutMs = 60_000;

let chromium: ChromiumBrowser;
let agent: AgentProcess;
let viewer: ChromiumViewer;

beforeAll(async () => {
  [chromium, agent] = await Promise.all([launchChromium(), startAgent()]);
  viewer = await openInChromium(chromium.browser, agent.url);
  await viewer.waitForState("connected");
  await viewer.page.mouse.click(400, 300);
}, 60_000);

afterAll(async () => {
  await chromium.close();
  await agent.close();
});

async function expectWell(): Promise<void> {
  await agent.waitForHealth(
    "a healthy session",
    ({ status }) => status === "ready",
    20_000,
  );
  await viewer.waitForState("connected", 20_000);
  await viewer.waitForChange();
}

async function untilReplaced(
  child: SessionChild,
  stopped: number,
  timeoutMs: number,
): Promise<void> {
  await poll(
    () => {
      const pid = findProcess(agent, child);
      return pid !== undefined && pid !== stopped ? true : undefined;
    },
    { everyMs: 10, timeoutMs, what: `another ${child}` },
  );
}

describe("a child that hangs", () => {
  test.each([
    { child: "window manager", component: "window-manager" },
    { child: "pulseaudio", component: "sound" },
    { child: "video encoder", component: "video-h264" },
    { child: "audio encoder", component: "audio" },
  ] as const)(
    "$child: is found out and replaced, and the picture goes on",
    async ({ child, component }) => {
      await expectWell();
      const before = componentOf(await agent.health(), component)?.restarts;
      const stopped = processOf(agent, child);
      const startMs = performance.now();
      process.kill(stopped, "SIGSTOP");
      await untilReplaced(child, stopped, limitMs);
      await agent.waitForHealth(
        `${child} running again`,
        (health) => {
          const found = componentOf(health, component);
          return (
            found?.state === "running" && found.restarts === (before ?? 0) + 1
          );
        },
        limitMs,
      );
      const healedMs = performance.now() - startMs;
      report(`${child} stopped: replaced and running`, healedMs);
      expect(healedMs).toBeLessThan(limitMs);
      const found = componentOf(await agent.health(), component);
      expect(found?.lastError).toMatch(/stalled/);
      await expectWell();
    },
    testTimeoutMs,
  );

  test(
    "Xvfb: not ready within 3 s, ready again within 3 s when it goes on, and nothing is lost",
    async () => {
      await expectWell();
      const display = processOf(agent, "Xvfb");
      const application = processOf(agent, "application");
      const startMs = performance.now();
      process.kill(display, "SIGSTOP");
      const broken = await agent.waitForHealth(
        "the news that the display hangs",
        ({ status }) => status === "not-ready",
        limitMs,
      );
      const noticedMs = performance.now() - startMs;
      report("Xvfb stopped: not ready", noticedMs);
      expect(noticedMs).toBeLessThan(aimMs);
      expect(broken.reasons).toContain("the display does not answer");
      expect(componentOf(broken, "display")).toMatchObject({
        state: "running",
        reason: "does not answer",
        lastError: "does not answer",
      });
      const goesOnMs = performance.now();
      process.kill(display, "SIGCONT");
      await agent.waitForHealth(
        "a display that answers again",
        ({ status }) => status === "ready",
        limitMs,
      );
      report("Xvfb goes on: ready", performance.now() - goesOnMs);
      expect(performance.now() - goesOnMs).toBeLessThan(aimMs);
      expect(processOf(agent, "Xvfb")).toBe(display);
      expect(processOf(agent, "application")).toBe(application);
      await expectWell();
    },
    testTimeoutMs,
  );

  test(
    "Xvfb for good: is replaced, what needs it starts in order, and the page comes back by itself",
    async () => {
      await expectWell();
      const display = processOf(agent, "Xvfb");
      const startMs = performance.now();
      process.kill(display, "SIGSTOP");
      await untilReplaced("Xvfb", display, 15_000);
      report("Xvfb stopped for good: replaced", performance.now() - startMs);
      await expectWell();
      report("Xvfb stopped for good: picture", performance.now() - startMs);
      const { lastNotReady, timesNotReady } = await agent.health();
      expect(timesNotReady).toBeGreaterThan(0);
      expect(lastNotReady?.until).not.toBeNull();
    },
    testTimeoutMs,
  );

  test(
    "the application: is left alone, health says that it was stopped, and it goes on where it was",
    async () => {
      await expectWell();
      const application = processOf(agent, "application");
      process.kill(application, "SIGSTOP");
      const told = await agent.waitForHealth(
        "the news that the application was stopped",
        ({ status }) => status === "degraded",
        limitMs,
      );
      expect(told.reasons).toContain(
        "application was stopped, by a signal or a debugger",
      );
      // Longer than what hangs may hang.
      await sleep(6_000);
      expect(processOf(agent, "application")).toBe(application);
      expect((await agent.health()).status).toBe("degraded");
      process.kill(application, "SIGCONT");
      await expectWell();
      expect(restarts(await agent.health(), "application")).toBe(
        restarts(told, "application"),
      );
    },
    testTimeoutMs,
  );
});

describe("file descriptors that run out", () => {
  test(
    "keep no new viewer waiting in vain: not ready within 3 s, ready within 3 s when there are more",
    async () => {
      await expectWell();
      const used = readdirSync(`/proc/${agent.pid}/fd`).length;
      const limits = readFileSync(`/proc/${agent.pid}/limits`, "utf8");
      const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
      let startMs = performance.now();
      limitDescriptors(used + 16);
      const broken = await agent.waitForHealth(
        "the news of it",
        ({ status }) => status === "not-ready",
        limitMs,
      );
      report("descriptors run out: not ready", performance.now() - startMs);
      expect(performance.now() - startMs).toBeLessThan(aimMs);
      expect(broken.reasons.join()).toMatch(/file descriptors left|open files/);
      // Who is there sees the picture go on.
      await viewer.waitForChange();
      startMs = performance.now();
      limitDescriptors(Number(soft));
      await agent.waitForHealth(
        "the end of it",
        ({ status }) => status === "ready",
        limitMs,
      );
      report("descriptors are back: ready", performance.now() - startMs);
      expect(performance.now() - startMs).toBeLessThan(aimMs);
    },
    testTimeoutMs,
  );

  test(
    "end neither the agent nor the application, though the encoder dies meanwhile",
    async () => {
      await expectWell();
      const limits = readFileSync(`/proc/${agent.pid}/limits`, "utf8");
      const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
      const application = processOf(agent, "application");
      const used = readdirSync(`/proc/${agent.pid}/fd`).length;
      limitDescriptors(used - 10);
      process.kill(processOf(agent, "video encoder"), "SIGKILL");
      await agent.waitForHealth(
        "the news of it",
        ({ status }) => status === "not-ready",
        limitMs,
      );
      // Long enough for every codec to be tried, and for viewers to be offered it.
      await sleep(6_000);
      limitDescriptors(Number(soft));
      const startMs = performance.now();
      await agent.waitForHealth(
        "the end of it",
        ({ status }) => status === "ready",
        limitMs,
      );
      report(
        "descriptors are back, with an encoder dead: ready",
        performance.now() - startMs,
      );
      await expectWell();
      expect(processOf(agent, "application")).toBe(application);
    },
    testTimeoutMs,
  );
});

/** Sets the soft limit of the running agent (prlimit(1) of util-linux). */
function limitDescriptors(soft: number): void {
  execFileSync("prlimit", [`--pid=${agent.pid}`, `--nofile=${soft}:`]);
}

function restarts(health: HealthSnapshot, name: string): number | undefined {
  return componentOf(health, name)?.restarts;
}
