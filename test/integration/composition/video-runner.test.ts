/**
 * Which of the two ways of capturing runs, on real displays that can do both or only one.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { VideoRunner } from "../../../agent/composition/video-runner.ts";
import {
  attachDisplay,
  type RunningDisplay,
} from "../../../agent/session/display.ts";
import type { VideoCapture } from "../../../agent/config/video-capture.ts";
import type { RunningPipeline } from "../../../encoders/pipeline-child.ts";
import { startsH264KeyFrame } from "../../../encoders/key-frames.ts";
import { installedEncoder } from "../../fixtures/encoders.ts";
import { RtpSource } from "../../../encoders/rtp-source.ts";
import { silentLog } from "../../fakes/logs.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const testTimeoutMs = 30_000;
const encoding = {
  encoders: [await installedEncoder("x264enc")],
  frameRate: 30,
  bitrateBps: 2_000_000,
  threads: 1,
} as const;

let spawner: ChildSpawner;
let running: RunningPipeline[];
let servers: Map<TestXvfb, RunningDisplay>;
beforeEach(() => {
  spawner = new ChildSpawner();
  running = [];
  servers = new Map();
});
afterEach(async () => {
  for (const pipeline of running) await pipeline.close();
  for (const server of servers.values()) await server.close();
  expect(spawner.children.size).toBe(0);
});

function runnerFor(capture: VideoCapture): VideoRunner {
  return new VideoRunner({
    spawner,
    log: silentLog,
    clock: systemClock,
    capture,
    showPointer: true,
  });
}

async function serverOf(xvfb: TestXvfb): Promise<RunningDisplay> {
  const { signal } = new AbortController();
  const server =
    servers.get(xvfb) ??
    (await attachDisplay(xvfb.display, { signal, log: silentLog }));
  servers.set(xvfb, server);
  return server;
}

async function run(
  runner: VideoRunner,
  xvfb: TestXvfb,
  timeoutMs = 5_000,
): Promise<void> {
  const source = new RtpSource({
    clock: systemClock,
    startsKeyFrame: startsH264KeyFrame,
  });
  running.push(
    await runner.run(
      encoding,
      {
        display: xvfb.display,
        screen: { width: 1_280, height: 720 },
        env: process.env,
        server: await serverOf(xvfb),
      },
      {
        source,
        clock: systemClock,
        signal: new AbortController().signal,
        timeoutMs,
        stallMs: 1_500,
      },
    ),
  );
}

test(
  "captures on damage where the display allows it",
  async () => {
    await using xvfb = await startXvfb();
    const runner = runnerFor("auto");
    await run(runner, xvfb);
    expect(runner.captureInWords).toBe("the screen is captured on damage");
  },
  testTimeoutMs,
);

test.each(["DAMAGE", "MIT-SHM"])(
  "polls a display without %s, says why, and does not try the other way again",
  async (extension) => {
    await using xvfb = await startXvfb({ without: [extension] });
    const runner = runnerFor("auto");
    await run(runner, xvfb);
    expect(runner.captureInWords).toMatch(/^the screen is polled, since .*/);
    expect(runner.captureInWords).toContain(extension);
    await run(runner, xvfb);
    expect(spawner.children.size).toBe(2);
  },
  testTimeoutMs,
);

test(
  "fails, and does not poll, where damage was insisted on",
  async () => {
    await using xvfb = await startXvfb({ without: ["DAMAGE"] });
    await expect(run(runnerFor("damage"), xvfb)).rejects.toMatchObject({
      code: "display-unreachable",
    });
  },
  testTimeoutMs,
);

test(
  "polls where that was asked for",
  async () => {
    await using xvfb = await startXvfb();
    const runner = runnerFor("polling");
    await run(runner, xvfb);
    expect(runner.captureInWords).toBe("the screen is polled, as set");
  },
  testTimeoutMs,
);

test(
  "holds nothing against encoders that fail while the display hangs, and starts none then",
  async () => {
    await using xvfb = await startXvfb();
    const runner = runnerFor("auto");
    await run(runner, xvfb);
    process.kill(xvfb.pid, "SIGSTOP");
    for (const child of spawner.children) process.kill(child.pid, "SIGKILL");
    await running[0]?.exited;
    const startMs = performance.now();
    await expect(run(runner, xvfb)).rejects.toMatchObject({
      code: "display-unreachable",
    });
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(spawner.children.size).toBe(0);
    process.kill(xvfb.pid, "SIGCONT");
    await run(runner, xvfb);
    expect(runner.troubles()).toEqual([]);
  },
  testTimeoutMs,
);

test(
  "holds nothing against an encoder whose start is caught by such a hang",
  async () => {
    await using xvfb = await startXvfb();
    const server = await serverOf(xvfb);
    const runner = runnerFor("auto");
    // Asked, and answered, a moment before.
    const answers = server.answers.bind(server);
    server.answers = async () => {
      const isThere = await answers();
      process.kill(xvfb.pid, "SIGSTOP");
      return isThere;
    };
    await expect(run(runner, xvfb, 2_500)).rejects.toThrow();
    expect(server.responsive).toBe(false);
    process.kill(xvfb.pid, "SIGCONT");
    server.answers = answers;
    await run(runner, xvfb);
    expect(runner.troubles()).toEqual([]);
    expect(runner.captureInWords).toBe("the screen is captured on damage");
  },
  testTimeoutMs,
);
