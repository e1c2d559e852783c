/**
 * A host whose encoder refuses to be told another rate while it runs, as svtav1enc does: x264enc, said to be such a one.
 */
import { describe, expect, it } from "vitest";
import { sleep } from "../../../agent/base/deadline.ts";
import { hostVideoPipeline } from "../../../encoders/host/host-video-pipeline.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import { installedEncoder } from "../../fixtures/encoders.ts";
import { bpsBySecond, FrameSizes } from "../../fixtures/frame-sizes.ts";
import {
  moveContent,
  setScreenSize,
} from "../../fixtures/x11-moving-content.ts";
import { startXvfb } from "../../fixtures/x11-xvfb.ts";
import { startHost, until, type TestHost } from "./host-fixture.ts";

const x264 = await installedEncoder("x264enc");
const stubborn: VideoEncoder = {
  ...x264,
  encoding: (options) => {
    const encoding = x264.encoding(options);
    const { rateControl } = encoding;
    return {
      ...encoding,
      rateControl: { ...rateControl, whileRunning: false },
    };
  },
};

const targetBps = 2_000_000;
const frameRate = 60;

function startStubborn(display: string): Promise<TestHost> {
  const bitrateBps = targetBps;
  const pipeline = hostVideoPipeline(stubborn, {
    frameRate,
    bitrateBps,
    threads: 2,
  });
  return startHost({ display, pipeline, targetBps, frameRate });
}

/** Share of the first target, in the second from now on. */
async function shareNow(sizes: FrameSizes): Promise<number> {
  const fromMs = performance.now();
  await sleep(1_000);
  return (bpsBySecond(sizes.since(fromMs), fromMs, 1)[0] ?? 0) / targetBps;
}

const swaps = ({ events }: TestHost): unknown[] =>
  events.filter(({ type }) => type === "swapped" || type === "swap-failed");

describe("a host whose encoder refuses changes while it runs", () => {
  it("is replaced by one with the new rates, both in one swap, and the picture goes on", async () => {
    await using xvfb = await startXvfb({ width: 640, height: 360 });
    await using content = await moveContent(xvfb.display);
    expect(content).toBeDefined();
    await using test = await startStubborn(xvfb.display);
    const sizes = new FrameSizes();
    test.source.subscribe(sizes);
    await sleep(500);
    const changedMs = performance.now();
    test.host.setTargetBps(targetBps / 2);
    test.host.setFps(30);
    await until("another host", () => swaps(test).length > 0);
    await sleep(1_000);
    const fromMs = performance.now();
    const share = await shareNow(sizes);
    // Bounds from above: a busy machine sends less.
    expect(share).toBeLessThan(0.6);
    expect(sizes.since(fromMs).length).toBeLessThan(35);
    expect(swaps(test)).toEqual([
      {
        type: "swapped",
        settings: {
          targetBps: targetBps / 2,
          frameRate: 30,
          screen: undefined,
        },
      },
    ]);
    const times = sizes.since(changedMs).map(({ atMs }) => atMs);
    const gaps = times.map((atMs, index) => atMs - (times[index - 1] ?? atMs));
    expect(Math.max(...gaps)).toBeLessThan(500);
    expect(test.spawner.children.size).toBe(1);
    expect(test.host.lastBeat).toBeDefined();
  });

  it("stays for a new size of the screen, which it sees by itself", async () => {
    await using xvfb = await startXvfb({ width: 1280, height: 720 });
    await using test = await startStubborn(xvfb.display);
    const size = { width: 801, height: 601 };
    await setScreenSize(xvfb.display, size);
    test.host.resize(size);
    await until("word of the new size", () =>
      test.events.some(({ type }) => type === "resized"),
    );
    await sleep(300);
    expect(swaps(test)).toEqual([]);
    expect(test.spawner.children.size).toBe(1);
  });

  it("leaves no child when it is closed in the middle of a change", async () => {
    await using xvfb = await startXvfb({ width: 640, height: 360 });
    await using test = await startStubborn(xvfb.display);
    test.host.setTargetBps(targetBps / 2);
    await sleep(60);
    await test.host.close();
    expect(test.spawner.children.size).toBe(0);
    await expect(test.host.exited).resolves.toEqual({ kind: "requested" });
  });
});
