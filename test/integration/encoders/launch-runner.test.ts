/**
 * Swaps of gst-launch children, beyond what the contract of the runners asks.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import { startsH264KeyFrame } from "../../../encoders/key-frames.ts";
import { RtpSource } from "../../../encoders/rtp-source.ts";
import {
  runLaunch,
  type LaunchEvent,
} from "../../../encoders/runners/launch-runner.ts";
import { swapEveryMs } from "../../../encoders/runners/swap-schedule.ts";
import type { RunningVideo } from "../../../encoders/runners/running-pipeline.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import { installedEncoder } from "../../fixtures/encoders.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const screen = { width: 640, height: 360 };
const brokenFps = 7;
const slowFps = 11;
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
/** Children that were ever started. */
let started: number;
let lastMs: number;
beforeEach(() => {
  started = 0;
  spawner = new ChildSpawner({
    observer: {
      started: () => {
        started += 1;
      },
      ended: () => undefined,
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

function start(timeoutMs = 5_000): Promise<RunningVideo> {
  return runLaunch({
    encoder,
    display: xvfb.display,
    settings: { targetBps: 2_000_000, frameRate: 30, screen },
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

const isFlowing = (): boolean => performance.now() - lastMs < 200;

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
  expect(isFlowing()).toBe(true);
  expect(resets).toBe(1);
  running.setFps(20);
  await until("the swap", () => events.length === 2);
  expect(events[1]).toMatchObject({ type: "swapped" });
  expect(resets).toBe(2);
  await running.close();
});

it("gathers changes, and never has more than two children", async () => {
  const running = await start();
  let most = 0;
  for (let count = 0; count < 150; count += 1) {
    running.setFps(15 + (count % 10));
    running.setTargetBps(1_000_000 + count * 50_000);
    most = Math.max(most, spawner.children.size);
    await sleep(10);
  }
  await until("the last swap", () => events.length === 2);
  expect(most).toBe(2);
  expect(events.at(-1)).toMatchObject({
    type: "swapped",
    settings: { frameRate: 24, targetBps: 8_450_000 },
  });
  await sleep(300);
  expect(resets).toBe(3);
  expect(spawner.children.size).toBe(1);
  await running.close();
});

it("survives the end of the old child while the new one starts", async () => {
  const running = await start();
  const [old] = spawner.children;
  running.setFps(20);
  process.kill(old?.pid ?? expect.fail("no child"), "SIGKILL");
  await until("the swap", () => events.length === 1);
  await sleep(200);
  expect(isFlowing()).toBe(true);
  await running.close();
  await expect(running.exited).resolves.toEqual({ kind: "requested" });
});

it("ends with the old child where the new one does not start either", async () => {
  const running = await start();
  const [old] = spawner.children;
  running.setFps(brokenFps);
  process.kill(old?.pid ?? expect.fail("no child"), "SIGKILL");
  await expect(
    withDeadline(running.exited, { timeoutMs: 5_000, what: "the end" }),
  ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
  expect(spawner.children.size).toBe(0);
});

it("tells of the old child's end soon where the new one hangs", async () => {
  const running = await start();
  const [old] = spawner.children;
  running.setFps(slowFps);
  await until("two children", () => spawner.children.size === 2);
  await sleep(200);
  const killedMs = performance.now();
  process.kill(old?.pid ?? expect.fail("no child"), "SIGKILL");
  await expect(
    withDeadline(running.exited, { timeoutMs: 5_000, what: "the end" }),
  ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
  expect(performance.now() - killedMs).toBeLessThan(1_000);
  expect(spawner.children.size).toBe(0);
  expect(events).toMatchObject([{ type: "swap-failed" }]);
});

it("begins no other swap where the old child is gone and the new one has failed", async () => {
  const swapMs = swapEveryMs + 500;
  const running = await start(swapMs);
  const [old] = spawner.children;
  const swappedMs = performance.now();
  running.setFps(slowFps);
  running.setTargetBps(4_000_000);
  await sleep(swapMs - 250);
  process.kill(old?.pid ?? expect.fail("no child"), "SIGKILL");
  await expect(
    withDeadline(running.exited, { timeoutMs: 5_000, what: "the end" }),
  ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
  expect(performance.now() - swappedMs).toBeLessThan(swapMs + 500);
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
