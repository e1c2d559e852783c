import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import {
  runPipeline,
  type RunningPipeline,
} from "../../../encoders/pipeline-child.ts";
import type { Pipeline } from "../../../encoders/pipeline.ts";
import {
  startsH264KeyFrame,
  startsVp8KeyFrame,
} from "../../../encoders/key-frames.ts";
import { type SenderReport } from "../../../encoders/rtp-packets.ts";

import { RtpSource } from "../../../encoders/rtp-source.ts";
import { installedEncoder } from "../../fixtures/encoders.ts";
import { videoPipeline } from "../../../encoders/video-pipeline.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

const encoders = {
  h264: await installedEncoder("x264enc"),
  vp8: await installedEncoder("vp8enc"),
};
const frameRate = 30;
const stallMs = 1_000;
const detectors = { h264: startsH264KeyFrame, vp8: startsVp8KeyFrame };

let xvfb: TestXvfb;
beforeAll(async () => {
  xvfb = await startXvfb({ width: 640, height: 360 });
});
afterAll(async () => {
  await xvfb.stop();
});

let spawner: ChildSpawner;
beforeEach(() => {
  spawner = new ChildSpawner();
});
afterEach(async () => {
  await Promise.all([...spawner.children].map((child) => child.close()));
});

/** What arrives from a source, with the time of each key frame. */
class Recorder {
  readonly source: RtpSource;
  packets: { sequenceNumber: number; startsKeyFrame: boolean; atMs: number }[] =
    [];
  reports: SenderReport[] = [];
  resets = 0;

  constructor(codec: "h264" | "vp8") {
    this.source = new RtpSource({
      clock: systemClock,
      startsKeyFrame: detectors[codec],
    });
    this.source.subscribe({
      onPacket: (packet, startsKeyFrame) => {
        this.packets.push({
          sequenceNumber: packet.readUInt16BE(2),
          startsKeyFrame,
          atMs: performance.now(),
        });
      },
      onSenderReport: (report) => {
        this.reports.push(report);
      },
      onReset: () => {
        this.resets += 1;
      },
    });
  }

  get keyFrames(): number {
    return this.packets.filter(({ startsKeyFrame }) => startsKeyFrame).length;
  }
}

function pipelineFor(codec: "h264" | "vp8", display = xvfb.display): Pipeline {
  return videoPipeline({
    encoder: encoders[codec],
    display,
    frameRate,
    bitrateBps: 2_000_000,
    threads: 1,
  });
}

function run(
  recorder: Recorder,
  pipeline: Pipeline,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<RunningPipeline> {
  return runPipeline({
    pipeline,
    source: recorder.source,
    spawner,
    clock: systemClock,
    env: process.env,
    timeoutMs: options.timeoutMs ?? 10_000,
    stallMs,
    signal: options.signal ?? new AbortController().signal,
  });
}

const childPid = (): number =>
  [...spawner.children][0]?.pid ?? expect.fail("no child");

describe.each(["h264", "vp8"] as const)("the %s pipeline", (codec) => {
  test("begins with a key frame, and sends others only when asked", async () => {
    const recorder = new Recorder(codec);
    const pipeline = await run(recorder, pipelineFor(codec));
    expect(recorder.packets[0]?.startsKeyFrame).toBe(true);
    await sleep(1_200);
    expect(recorder.keyFrames, "nobody asked yet").toBe(1);
    expect(recorder.packets.length).toBeGreaterThan(frameRate / 2);
    const askedMs = performance.now();
    recorder.source.requestKeyFrame();
    await poll(() => (recorder.keyFrames === 2 ? true : undefined), {
      everyMs: 5,
      timeoutMs: 1_000,
      what: "the key frame that was asked for",
    });
    await sleep(700);
    const keyFrames = recorder.packets.filter(
      ({ startsKeyFrame }) => startsKeyFrame,
    );
    expect(keyFrames).toHaveLength(2);
    expect(keyFrames[1]?.atMs).toBeGreaterThan(askedMs);
    await pipeline.close();
    await expect(pipeline.exited).resolves.toEqual({ kind: "requested" });
  });

  test("loses no packet", async () => {
    const recorder = new Recorder(codec);
    const pipeline = await run(recorder, pipelineFor(codec));
    await sleep(600);
    await pipeline.close();
    const [first] = recorder.packets;
    expect(recorder.packets.length).toBeGreaterThan(5);
    expect(
      recorder.packets.map(({ sequenceNumber }) => sequenceNumber),
    ).toEqual(
      recorder.packets.map(
        (_, index) => ((first?.sequenceNumber ?? 0) + index) & 0xffff,
      ),
    );
  });
});

test("the pipeline ties its timestamps to the wall clock within the first seconds", async () => {
  const recorder = new Recorder("h264");
  const pipeline = await run(recorder, pipelineFor("h264"));
  const report = await poll(() => recorder.reports[0], {
    everyMs: 10,
    timeoutMs: 5_000,
    what: "a sender report",
  });
  const unixSeconds = Number(report.ntp >> 32n) - 2_208_988_800;
  expect(Math.abs(unixSeconds - Date.now() / 1_000)).toBeLessThan(5);
  await pipeline.close();
});

describe("a pipeline that fails", () => {
  test("by SIGKILL is told at once, and another takes over the same source", async () => {
    const recorder = new Recorder("h264");
    const first = await run(recorder, pipelineFor("h264"));
    process.kill(childPid(), "SIGKILL");
    await expect(
      withDeadline(first.exited, { timeoutMs: 1_000, what: "the news" }),
    ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
    await first.close();
    recorder.packets = [];
    const second = await run(recorder, pipelineFor("h264"));
    expect(recorder.resets).toBe(2);
    expect(recorder.packets[0]?.startsKeyFrame).toBe(true);
    await second.close();
  });

  test("by hanging is ended as stalled", async () => {
    const recorder = new Recorder("h264");
    const pipeline = await run(recorder, pipelineFor("h264"));
    const pid = childPid();
    const stoppedMs = performance.now();
    process.kill(pid, "SIGSTOP");
    const exit = await withDeadline(pipeline.exited, {
      timeoutMs: 3 * stallMs,
      what: "the verdict",
    });
    expect(exit).toMatchObject({ kind: "stalled" });
    // The last packet may be one frame, and what was in the pipe, older than the signal.
    expect(performance.now() - stoppedMs).toBeGreaterThan(stallMs - 200);
    expect(spawner.children.size).toBe(0);
  });

  test("for want of an element names it", async () => {
    const pipeline = pipelineFor("h264");
    await expect(
      run(new Recorder("h264"), {
        ...pipeline,
        args: pipeline.args.map((word) =>
          word === "x264enc" ? "nosuchenc" : word,
        ),
      }),
    ).rejects.toMatchObject({
      code: "missing-element",
      message: "GStreamer has no element nosuchenc, which video-h264 needs",
    });
    expect(spawner.children.size).toBe(0);
  });

  test("for want of a display says what GStreamer said", async () => {
    await expect(
      run(new Recorder("h264"), pipelineFor("h264", ":31999")),
    ).rejects.toMatchObject({
      code: "display-unreachable",
      message: expect.stringContaining(":31999") as string,
    });
    expect(spawner.children.size).toBe(0);
  });

  test("to send anything in time is ended", async () => {
    await expect(
      run(
        new Recorder("h264"),
        {
          ...pipelineFor("h264"),
          args: [
            "fakesrc",
            "is-live=true",
            "do-timestamp=true",
            "!",
            "fakesink",
          ],
        },
        { timeoutMs: 500 },
      ),
    ).rejects.toMatchObject({ code: "timeout" });
    expect(spawner.children.size).toBe(0);
  });

  test("to be wanted any more is ended while it starts", async () => {
    const abort = new AbortController();
    const starting = run(new Recorder("h264"), pipelineFor("h264"), {
      signal: abort.signal,
    });
    abort.abort();
    await expect(starting).rejects.toMatchObject({ code: "aborted" });
    expect(spawner.children.size).toBe(0);
  });
});
