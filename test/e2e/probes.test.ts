/**
 * Probes in front of a stream: 1,000 a second cost little and do not disturb what a real browser shows.
 */
import { Agent, get } from "node:http";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sleep } from "../../agent/base/deadline.ts";
import { startAgent, type AgentProcess } from "../fixtures/agent-process.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../fixtures/browser-chromium.ts";
import { report } from "../fixtures/e2e-report.ts";
import type { PageScope } from "../fixtures/e2e-page-probe.ts";
import { openInChromium, type ChromiumViewer } from "../fixtures/e2e-viewer.ts";

const perSecond = 1_000;
const measureMs = 2_000;
/** With and without probes in turns: a machine is not the same all the time. */
const turns = 4;
/** So many at most wait for their answer; a machine that is slower gets fewer in all. */
const most = 64;

let chromium: ChromiumBrowser;
let agent: AgentProcess;
let viewer: ChromiumViewer;

beforeAll(async () => {
  // The demo desktop moves all the time.
  [chromium, agent] = await Promise.all([launchChromium(), startAgent()]);
  viewer = await openInChromium(chromium.browser, agent.url);
  await viewer.waitForState("connected");
  await viewer.firstFrameMs();
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

/** Processor time of the agent so far, in milliseconds. */
function processorMs(): number {
  const stat = readFileSync(`/proc/${agent.pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // proc(5): utime and stime, in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

interface Figures {
  framesPerSecond: number;
  p95IntervalMs: number;
  processorMs: number;
}

/** What the page shows in {@link measureMs}. */
async function measure(): Promise<Figures> {
  const before = processorMs();
  const intervals = await viewer.page.evaluate(async (ms) => {
    const { streamspace } = globalThis as unknown as PageScope;
    const times: number[] = [];
    const note = (): void => {
      times.push(performance.now());
      streamspace?.video.requestVideoFrameCallback?.(note);
    };
    streamspace?.video.requestVideoFrameCallback?.(note);
    await new Promise((resolve) => setTimeout(resolve, ms));
    return times.slice(1).map((time, index) => time - (times[index] ?? time));
  }, measureMs);
  intervals.sort((a, b) => a - b);
  return {
    framesPerSecond: (intervals.length * 1_000) / measureMs,
    p95IntervalMs: intervals[Math.floor(intervals.length * 0.95)] ?? NaN,
    processorMs: processorMs() - before,
  };
}

/** The median of each figure, the lower one of an even number. */
function medians(figures: readonly Figures[]): Figures {
  const median = (of: (each: Figures) => number): number =>
    figures.map(of).sort((a, b) => a - b)[(figures.length - 1) >> 1] ?? NaN;
  return {
    framesPerSecond: median((each) => each.framesPerSecond),
    p95IntervalMs: median((each) => each.p95IntervalMs),
    processorMs: median((each) => each.processorMs),
  };
}

function probe(connections: Agent, path: string): Promise<number> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    get(new URL(path, agent.url), { agent: connections }, (response) => {
      expect(response.statusCode).toBe(200);
      response.resume().once("end", () => {
        resolve(performance.now() - startMs);
      });
    }).once("error", reject);
  });
}

interface Probes {
  /** How long each took. */
  times: number[];
  /** The longest time in which this process, whose clock that is, did not run. */
  pausedMs: number;
}

/** Probes until `ended`. */
async function probeUntil(ended: Promise<unknown>): Promise<Probes> {
  const stop = new AbortController();
  void ended.finally(() => {
    stop.abort();
  });
  const connections = new Agent({ keepAlive: true, maxSockets: 8 });
  const times: number[] = [];
  const startMs = performance.now();
  let sent = 0;
  let waiting = 0;
  let pausedMs = 0;
  while (!stop.signal.aborted) {
    const due = ((performance.now() - startMs) * perSecond) / 1_000;
    while (sent < due && waiting < most) {
      waiting += 1;
      sent += 1;
      void probe(connections, sent % 10 === 0 ? "/health" : "/readyz").then(
        (ms) => {
          waiting -= 1;
          times.push(ms);
        },
      );
    }
    // What could not be sent in time is not made up for: that would be more than so many a second.
    sent = Math.max(sent, Math.floor(due));
    const sleepsMs = performance.now();
    await sleep(2);
    pausedMs = Math.max(pausedMs, performance.now() - sleepsMs - 2);
  }
  while (waiting > 0) await sleep(2);
  connections.destroy();
  return { times, pausedMs };
}

test("1,000 probes a second are answered in time, cost less than 2 ms each, and leave the picture as it was", async () => {
  const without: Figures[] = [];
  const withProbes: Figures[] = [];
  const times: number[] = [];
  let pausedMs = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    without.push(await measure());
    const measuring = measure();
    const probes = await probeUntil(measuring);
    times.push(...probes.times);
    pausedMs = Math.max(pausedMs, probes.pausedMs);
    withProbes.push(await measuring);
  }
  times.sort((x, y) => x - y);
  const quiet = medians(without);
  const probed = medians(withProbes);
  const each =
    ((probed.processorMs - quiet.processorMs) * turns) / times.length;
  report("frames a second without probes", quiet.framesPerSecond);
  report("frames a second with 1,000 probes/s", probed.framesPerSecond);
  report("p95 between frames without probes", quiet.p95IntervalMs);
  report("p95 between frames with probes", probed.p95IntervalMs);
  report("probes", times.length, "");
  report("processor time of a probe", each * 1_000, "µs");
  report("probe p50", times[times.length >> 1] ?? NaN);
  report("probe p99", times[Math.floor(times.length * 0.99)] ?? NaN);
  expect(times.length).toBeGreaterThan(perSecond);
  report("the test's own longest pause", pausedMs);
  expect(times.at(-1)).toBeLessThan(1_000 + pausedMs);
  expect(each).toBeLessThan(2);
  expect(probed.framesPerSecond).toBeGreaterThan(0.8 * quiet.framesPerSecond);
  expect(probed.p95IntervalMs).toBeLessThan(1.5 * quiet.p95IntervalMs + 20);
}, 60_000);
