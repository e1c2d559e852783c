/**
 * Swaps of gst-launch children, beyond what the contract of the runners asks.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import {
  ChildSpawner,
  type OwnedChild,
} from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import { startsH264KeyFrame } from "../../../encoders/key-frames.ts";
import { RtpSource } from "../../../encoders/rtp-source.ts";
import {
  runLaunch,
  type LaunchEvent,
} from "../../../encoders/runners/launch-runner.ts";
import { swapEveryMs } from "../../../encoders/runners/swap-schedule.ts";
import { SwappingRunner } from "../../../encoders/runners/swapping-runner.ts";
import type { RunningVideo } from "../../../encoders/runners/running-pipeline.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import { installedEncoder } from "../../fixtures/encoders.ts";
import { TimerLateness } from "../../fixtures/timer-lateness.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const screen = { width: 640, height: 360 };
const brokenFps = 7;
const slowFps = 11;
/** The deadline of a start that has to be ended by something else: no test lasts as long. */
const neverMs = 60_000;
const x264 = await installedEncoder("x264enc");
/** x264, but for one rate that its element refuses and one at which its first frame never comes. */
const encoder: VideoEncoder = {
  ...x264,
  encoding: (options) => {
    const encoding = x264.encoding(options);
    const hang = { name: "identity", properties: { "sleep-time": 60_000_000 } };
    if (options.frameRate === slowFps)
      return { ...encoding, between: [...encoding.between, hang] };
    if (options.frameRate !== brokenFps) return encoding;
    return { ...encoding, encoder: { name: "nosuchenc" } };
  },
};

let xvfb: TestXvfb;
beforeAll(async () => {
  xvfb = await startXvfb(screen);
});
afterAll(async () => {
  await xvfb.stop();
});

let spawner: ChildSpawner;
let source: RtpSource;
let events: LaunchEvent[];
let resets: number;
/** Children that were ever started, and the most that there were at once. */
let started: number;
let most: number;
let lastMs: number;
beforeEach(() => {
  started = 0;
  most = 0;
  let alive = 0;
  spawner = new ChildSpawner({
    observer: {
      started: () => {
        started += 1;
        alive += 1;
        most = Math.max(most, alive);
      },
      ended: () => {
        alive -= 1;
      },
    },
  });
  events = [];
  resets = 0;
  source = new RtpSource({
    clock: systemClock,
    startsKeyFrame: startsH264KeyFrame,
  });
  source.subscribe({
    onPacket: () => {
      lastMs = performance.now();
    },
    onSenderReport: () => undefined,
    onReset: () => {
      resets += 1;
    },
  });
});

const settings = { targetBps: 2_000_000, frameRate: 30, screen };

function start(timeoutMs = 5_000): Promise<RunningVideo> {
  return runLaunch({
    encoder,
    display: xvfb.display,
    settings,
    threads: 1,
    source,
    spawner,
    clock: systemClock,
    env: process.env,
    timeoutMs,
    stallMs: 1_200,
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
  });
}

async function until(what: string, condition: () => boolean): Promise<void> {
  await poll(() => condition() || undefined, {
    everyMs: 5,
    timeoutMs: 6_000,
    what,
  });
}

/** Waits for a packet that is not here yet. A stream that stands still for long is ended by its watchdog. */
async function untilFlows(): Promise<void> {
  const fromMs = performance.now();
  await until("a fresh packet", () => lastMs > fromMs);
}

function kill(child: OwnedChild | undefined): void {
  process.kill(child?.pid ?? expect.fail("no child"), "SIGKILL");
}

it("goes on as before where the new settings cannot be started, says so, and takes the next", async () => {
  const running = await start();
  running.setFps(brokenFps);
  await until("word of the failure", () => events.length === 1);
  expect(events[0]).toMatchObject({
    type: "swap-failed",
    settings: { frameRate: brokenFps },
    reason: expect.stringContaining("nosuchenc") as string,
  });
  await sleep(300);
  await untilFlows();
  expect(resets).toBe(1);
  running.setFps(20);
  await until("the swap", () => events.length === 2);
  expect(events[1]).toMatchObject({ type: "swapped" });
  expect(resets).toBe(2);
  await running.close();
});

it("gathers changes, and never has more than two children", async () => {
  const running = await start();
  const fromMs = performance.now();
  for (let count = 0; count < 150; count += 1) {
    running.setFps(15 + (count % 10));
    running.setTargetBps(1_000_000 + count * 50_000);
    await sleep(10);
  }
  // Usually there is one swap before the last; on a slow machine the changes take so long that more are due.
  const mostSwaps = 2 + Math.floor((performance.now() - fromMs) / swapEveryMs);
  await until("the last swap", () => {
    const { frameRate, targetBps } = events.at(-1)?.settings ?? {};
    return frameRate === 24 && targetBps === 8_450_000;
  });
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["swapped"]));
  expect(events.length).toBeLessThanOrEqual(mostSwaps);
  await until("the end of the child before", () => spawner.children.size === 1);
  await sleep(300);
  expect(resets).toBe(1 + events.length);
  expect(started).toBe(1 + events.length);
  expect(most).toBe(2);
  await running.close();
});

it("survives the end of the old child while the new one starts", async () => {
  const first = await start();
  const [old] = spawner.children;
  const { element } = encoder;
  const gate = Promise.withResolvers<undefined>();
  // The start is over when the test says so, since the grace after the end of the old child is short for a real one.
  const running = new SwappingRunner(
    {
      element,
      settings,
      clock: systemClock,
      onEvent: (event) => events.push(event),
      start: async (_settings, signal) => {
        const next = await start();
        await gate.promise;
        signal.throwIfAborted();
        return next;
      },
    },
    first,
  );
  running.setFps(20);
  await until("the new child", () => resets === 2);
  kill(old);
  await first.exited;
  gate.resolve(undefined);
  await until("the swap", () => events.length === 1);
  expect(events).toMatchObject([{ type: "swapped" }]);
  await untilFlows();
  await running.close();
  await expect(running.exited).resolves.toEqual({ kind: "requested" });
});

it("ends with the old child where the new one does not start either", async () => {
  const running = await start();
  const [old] = spawner.children;
  running.setFps(brokenFps);
  kill(old);
  await expect(
    withDeadline(running.exited, { timeoutMs: 5_000, what: "the end" }),
  ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
  expect(spawner.children.size).toBe(0);
});

it("tells of the old child's end soon where the new one hangs", async () => {
  const running = await start(neverMs);
  const [old] = spawner.children;
  running.setFps(slowFps);
  await until("two children", () => spawner.children.size === 2);
  await sleep(200);
  using lateness = new TimerLateness();
  const killedMs = performance.now();
  kill(old);
  await expect(
    withDeadline(running.exited, { timeoutMs: 5_000, what: "the end" }),
  ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
  expect(performance.now() - killedMs).toBeLessThan(1_000 + lateness.totalMs);
  expect(spawner.children.size).toBe(0);
  expect(events).toMatchObject([
    {
      type: "swap-failed",
      reason: "no packet within 500 ms after the end of the child before",
    },
  ]);
});

it("begins no other swap where the old child is gone and the new one has failed", async () => {
  const running = await start(neverMs);
  const [old] = spawner.children;
  running.setFps(slowFps);
  await until("two children", () => spawner.children.size === 2);
  const [, next] = spawner.children;
  running.setTargetBps(4_000_000);
  await sleep(swapEveryMs + 100); // From here on the other swap is due.
  kill(old);
  await until("the end of the old child", () => spawner.children.size === 1);
  kill(next);
  await expect(
    withDeadline(running.exited, { timeoutMs: 5_000, what: "the end" }),
  ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
  expect(spawner.children.size).toBe(0);
  await sleep(300);
  expect(started).toBe(2);
});

it("leaves nothing when it is closed while the new child hangs", async () => {
  const running = await start();
  running.setFps(slowFps);
  await until("two children", () => spawner.children.size === 2);
  await sleep(300);
  await running.close();
  expect(spawner.children.size).toBe(0);
  expect(events, "nobody failed").toEqual([]);
});
