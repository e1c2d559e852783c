/**
 * Which of the two ways of capturing runs, on real displays that can do both or only one.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { VideoRunner } from "../../../agent/composition/video-runner.ts";
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
beforeEach(() => {
  spawner = new ChildSpawner();
  running = [];
});
afterEach(async () => {
  for (const pipeline of running) await pipeline.close();
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

async function run(runner: VideoRunner, xvfb: TestXvfb): Promise<void> {
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
        server: xvfb,
      },
      {
        source,
        clock: systemClock,
        signal: new AbortController().signal,
        timeoutMs: 5_000,
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
