/**
 * The host as the agent runs it: a real X server, a real encoder, packets out of a real child.
 */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, withDeadline } from "../../../agent/base/deadline.ts";
import { runHost } from "../../../encoders/host/host-child.ts";
import {
  burstFrames,
  maxSharpenings,
  recoveryMs,
} from "../../../encoders/host/frame-schedule.ts";
import { startsH264KeyFrame } from "../../../encoders/key-frames.ts";
import { RtpSource } from "../../../encoders/rtp-source.ts";
import { startXvfb } from "../../fixtures/x11-xvfb.ts";
import {
  startHost,
  until,
  untilQuiet,
  vp8Pipeline,
  x264Pipeline,
} from "./host-fixture.ts";
import { grabAndDraw, openCanvas } from "./screen-fixture.ts";

/** Frames after the first one, and their time by the clock of the host: when they arrived, is the machine's. */
function paceOf(packets: readonly Buffer[]): {
  frames: number;
  seconds: number;
} {
  const times = packets.map((packet) => packet.readUInt32BE(4));
  const ticks = ((times.at(-1) ?? 0) - (times[0] ?? 0)) >>> 0;
  return { frames: new Set(times).size - 1, seconds: ticks / 90_000 };
}

/** Processor time of a process, in milliseconds. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .split(") ")[1]
    ?.split(" ");
  return (Number(fields?.[11]) + Number(fields?.[12])) * 10;
}

describe("a host on a screen", () => {
  it("sends nothing and computes nothing while nothing changes", async () => {
    await using xvfb = await startXvfb();
    await using test = await startHost({ display: xvfb.display });
    await untilQuiet(test.counter);
    const { frames } = test.counter;
    const before = processorMs(test.pid);
    await delay(2_000);
    expect(test.counter.frames).toBe(frames);
    // 1 % of a core: the beats, and nothing else.
    expect(processorMs(test.pid) - before).toBeLessThanOrEqual(20);
  });

  it("sends a change at once, repeats it twice for loss recovery, and stops", async () => {
    await using xvfb = await startXvfb();
    await using canvas = await openCanvas(xvfb.display);
    await using test = await startHost({ display: xvfb.display });
    await untilQuiet(test.counter);
    let bestMs = Infinity;
    // Each change is sent and repeated. The best of them tells of the host, the others of the machine as well.
    for (const colour of [0xffffff, 0xff0000, 0x00ff00, 0x0000ff, 0x000000]) {
      const { frames } = test.counter;
      const startMs = performance.now();
      canvas.fill(colour, 24);
      await until("the change", () => test.counter.frames > frames);
      bestMs = Math.min(bestMs, performance.now() - startMs);
      const wanted = frames + 1 + recoveryMs.length;
      await until("its repetitions", () => test.counter.frames >= wanted);
      await untilQuiet(test.counter);
      expect(test.counter.frames).toBe(wanted);
    }
    expect(bestMs).toBeLessThan(150);
  });

  it("sharpens a large change within its bound", async () => {
    await using xvfb = await startXvfb();
    await using canvas = await openCanvas(xvfb.display);
    await using test = await startHost({
      display: xvfb.display,
      targetBps: 1_000_000,
    });
    await untilQuiet(test.counter);
    const { frames } = test.counter;
    for (let at = 0; at < 600; at += 9) canvas.fill(at * 40_503, 120, at);
    await until("the change", () => test.counter.frames > frames);
    await untilQuiet(test.counter);
    const sent = test.counter.frames - frames;
    expect(sent).toBeGreaterThan(1 + recoveryMs.length);
    // The drawing itself may take up to three frames.
    expect(sent).toBeLessThanOrEqual(3 + maxSharpenings + recoveryMs.length);
  });

  it("keeps to the frame rate on a screen that never rests", async () => {
    await using xvfb = await startXvfb();
    await using canvas = await openCanvas(xvfb.display);
    await using test = await startHost({ display: xvfb.display });
    const frameRate = 20;
    test.host.setFps(frameRate);
    let colour = 0;
    const timer = setInterval(() => {
      canvas.fill((colour += 0x010307), 40);
    }, 4);
    await delay(500);
    const forSeconds = 2;
    const isKept = async (): Promise<true | undefined> => {
      test.counter.record();
      await delay(forSeconds * 1_000);
      const { frames, seconds } = paceOf(test.counter.recorded ?? []);
      const isFast = frames > 0.75 * frameRate * forSeconds;
      const isBound = frames <= frameRate * seconds + burstFrames;
      return (isFast && isBound) || undefined;
    };
    const what = "two seconds at the frame rate";
    await poll(isKept, { everyMs: 0, timeoutMs: 10_000, what }).finally(() => {
      clearInterval(timer);
    });
  });

  it("answers a request for a key frame although nothing changes", async () => {
    await using xvfb = await startXvfb();
    await using test = await startHost({ display: xvfb.display });
    await untilQuiet(test.counter);
    const { keyFrames } = test.counter;
    test.source.requestKeyFrame();
    await until("a key frame", () => test.counter.keyFrames === keyFrames + 1);
    await untilQuiet(test.counter);
    expect(test.counter.keyFrames).toBe(keyFrames + 1);
  });

  it("changes the bit rate of moving content without a key frame", async () => {
    await using xvfb = await startXvfb();
    await using canvas = await openCanvas(xvfb.display);
    await using test = await startHost({
      display: xvfb.display,
      targetBps: 6_000_000,
    });
    let seed = 1;
    const timer = setInterval(() => {
      for (let count = 0; count < 30; count += 1) {
        seed = (seed * 48_271) % 0x7fffffff;
        canvas.fill(seed % 0xffffff, 20 + (seed % 90), seed % 620);
      }
    }, 16);
    const measureBps = async (): Promise<number> => {
      await delay(700);
      const { bytes } = test.counter;
      const startMs = performance.now();
      await delay(1_500);
      return (
        ((test.counter.bytes - bytes) * 8_000) / (performance.now() - startMs)
      );
    };
    const fastBps = await measureBps();
    const { keyFrames } = test.counter;
    test.host.setTargetBps(1_000_000);
    const slowBps = await measureBps();
    clearInterval(timer);
    expect(slowBps).toBeLessThan(1_300_000);
    expect(fastBps).toBeGreaterThan(2 * slowBps);
    expect(test.counter.keyFrames).toBe(keyFrames);
  });

  it("follows the pointer when it is asked to show it", async () => {
    await using xvfb = await startXvfb();
    await using canvas = await openCanvas(xvfb.display);
    await using test = await startHost({
      display: xvfb.display,
      showPointer: true,
    });
    const xtest = await canvas.x11.openXtest();
    xtest.fakeMotion(100, 100);
    await untilQuiet(test.counter);
    const { frames } = test.counter;
    xtest.fakeMotion(300, 200);
    await until("the moved pointer", () => test.counter.frames > frames);
    await untilQuiet(test.counter);
    expect(test.counter.frames - frames).toBe(1 + recoveryMs.length);
  });

  it("runs VP8 as well", async () => {
    await using xvfb = await startXvfb();
    await using canvas = await openCanvas(xvfb.display);
    await using test = await startHost({
      display: xvfb.display,
      pipeline: vp8Pipeline(),
    });
    await untilQuiet(test.counter);
    const { frames } = test.counter;
    canvas.fill(0xff0000, 50);
    await until("the change", () => test.counter.frames > frames);
    test.host.setTargetBps(2_000_000);
    await until(
      "an encoder that had its frames",
      () => test.host.lastBeat?.pendingMs === 0,
    );
  });
});

describe("the end of a host", () => {
  it("is an error with the code of what is missing: the display", async () => {
    await expect(startHost({ display: ":4711" })).rejects.toMatchObject({
      code: "display-unreachable",
    });
  });

  it("is an error with the code of what is missing: an element", async () => {
    await using xvfb = await startXvfb();
    const pipeline = x264Pipeline();
    await expect(
      startHost({
        display: xvfb.display,
        pipeline: {
          ...pipeline,
          args: pipeline.args.map((word) =>
            word === "x264enc" ? "nosuchenc" : word,
          ),
        },
      }),
    ).rejects.toMatchObject({ code: "missing-element" });
  });

  it("follows that of its display, and says so", async () => {
    await using xvfb = await startXvfb();
    await using test = await startHost({ display: xvfb.display });
    await xvfb.kill();
    await expect(test.host.exited).resolves.toEqual({
      kind: "exit-code",
      exitCode: 1,
    });
    expect(test.host.lastLines().at(-1)).toContain("X server");
    expect(test.events.at(-1)).toMatchObject({
      type: "failed",
      code: "display-unreachable",
    });
  });

  it("comes with SIGTERM", async () => {
    await using xvfb = await startXvfb();
    await using test = await startHost({ display: xvfb.display });
    process.kill(test.pid, "SIGTERM");
    await expect(test.host.exited).resolves.toEqual({
      kind: "exit-code",
      exitCode: 0,
    });
  });

  it("comes as a stall when it gives no sign of life", async () => {
    await using xvfb = await startXvfb();
    await using test = await startHost({
      display: xvfb.display,
      stallMs: 1_200,
    });
    process.kill(test.pid, "SIGSTOP");
    await expect(test.host.exited).resolves.toMatchObject({
      kind: "stalled",
      what: expect.stringContaining("sign of life") as string,
    });
  });

  it("comes as a stall when the pipeline takes a frame and sends nothing", async () => {
    await using xvfb = await startXvfb();
    const pipeline = x264Pipeline();
    const args = [...pipeline.args];
    // Microseconds for each frame: the first makes the start slow, the second is a hang.
    const hang = ["identity", "sleep-time=3000000", "!"];
    args.splice(args.indexOf("rtph264pay"), 0, ...hang);
    await using test = await startHost({
      display: xvfb.display,
      pipeline: { ...pipeline, args },
      stallMs: 1_200,
    });
    await expect(test.host.exited).resolves.toMatchObject({
      kind: "stalled",
      what: expect.stringContaining("no packet") as string,
    });
  });

  it("comes as a stall when the encoder keeps all frames and takes no other", async () => {
    await using xvfb = await startXvfb();
    const pipeline = x264Pipeline();
    const args = [...pipeline.args];
    // A second branch in front of the encoder that never lets go of what it gets.
    const keep =
      "tee name=kept kept. ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! identity sleep-time=60000000 ! fakesink async=false sync=false kept. !";
    args.splice(args.indexOf("x264enc"), 0, ...keep.split(" "));
    await using test = await startHost({
      display: xvfb.display,
      pipeline: { ...pipeline, args },
      stallMs: 1_200,
    });
    await using canvas = await openCanvas(xvfb.display);
    canvas.fill(0xffffff, 24);
    await expect(
      withDeadline(test.host.exited, { timeoutMs: 6_000, what: "the verdict" }),
    ).resolves.toMatchObject({
      kind: "stalled",
      what: expect.stringContaining("no packet") as string,
    });
    expect(test.host.lastBeat).toMatchObject({ pendingMs: 0 });
  });

  it("comes as a stall when the X server does not answer for long, and not when it is grabbed for a moment", async () => {
    await using xvfb = await startXvfb();
    // Long enough for the moment, and then for the picture on a slow machine.
    const stallMs = 2_400;
    await using test = await startHost({ display: xvfb.display, stallMs });
    await untilQuiet(test.counter);
    using grab = await grabAndDraw(xvfb.display);
    await delay(900);
    grab.ungrab();
    const { frames } = test.counter;
    await until("the change", () => test.counter.frames > frames);
    await untilQuiet(test.counter, stallMs + 300);
    expect(test.spawner.children.size).toBe(1);
    using other = await grabAndDraw(xvfb.display);
    await expect(
      withDeadline(test.host.exited, {
        timeoutMs: stallMs + 2_800,
        what: "the verdict",
      }),
    ).resolves.toMatchObject({
      kind: "stalled",
      what: expect.stringContaining("no packet") as string,
    });
    other.ungrab();
  });

  it("comes with the end of its parent's pipe", async () => {
    await using xvfb = await startXvfb();
    const spawner = new ChildSpawner();
    const host = await runHost({
      pipeline: x264Pipeline(),
      display: xvfb.display,
      showPointer: false,
      frameRate: 60,
      targetBps: 8_000_000,
      source: new RtpSource({
        clock: systemClock,
        startsKeyFrame: startsH264KeyFrame,
      }),
      spawner,
      clock: systemClock,
      env: process.env,
      timeoutMs: 10_000,
      stallMs: 3_000,
      signal: AbortSignal.timeout(20_000),
    });
    const [child] = spawner.children;
    child?.stdin.end();
    await expect(host.exited).resolves.toEqual({
      kind: "exit-code",
      exitCode: 0,
    });
  });
});
