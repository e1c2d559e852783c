/**
 * What viewers see of an encoder whose driver fails, in each way and at each point of its life: a stream under its
 * supervisor, real encoders, and a program in place of gst-launch that fails for the first of them.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, sleep } from "../../../agent/base/deadline.ts";
import { requireProgram } from "../../../agent/base/programs.ts";
import { MediaStream } from "../../../agent/composition/media-stream.ts";
import {
  VideoRunner,
  type VideoEvent,
} from "../../../agent/composition/video-runner.ts";
import { Supervisor } from "../../../agent/supervisor/supervisor.ts";
import { startsH264KeyFrame } from "../../../encoders/key-frames.ts";
import { silentLog } from "../../fakes/logs.ts";
import { FakeInstance } from "../../fakes/service-specs.ts";
import { installedEncoder } from "../../fixtures/encoders.ts";
import type { Fault } from "../../fixtures/faulty-driver.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

/** A picture again within this is promised, on a machine that is not busy with tests. */
const promisedMs = 2_000;
const noiseMs = 1_000;
const screen = { width: 640, height: 360 };
const encoders = [
  await installedEncoder("x264enc"),
  await installedEncoder("openh264enc"),
];

let xvfb: TestXvfb;
beforeAll(async () => {
  xvfb = await startXvfb(screen);
});
afterAll(async () => {
  await xvfb.stop();
});

let folder: string;
let spawner: ChildSpawner;
let supervisor: Supervisor;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "driver-"));
  spawner = new ChildSpawner();
});
afterEach(async () => {
  await supervisor.close();
  expect(spawner.children.size).toBe(0);
  rmSync(folder, { recursive: true });
});

/** An environment in which gst-launch fails as told where it is to run x264enc. */
function faultyEnvironment(
  fault: Pick<Fault, "kind" | "phase">,
): NodeJS.ProcessEnv {
  const program = requireProgram("gst-launch-1.0");
  const driver = new URL("../../fixtures/faulty-driver.ts", import.meta.url);
  const file = join(folder, "gst-launch-1.0");
  writeFileSync(
    file,
    `#!/bin/sh\ncase "$*" in\n*x264enc*) exec '${process.execPath}' '${driver.pathname}' "$@";;\n*) exec '${program}' "$@";;\nesac\n`,
  );
  chmodSync(file, 0o755);
  const marker = join(folder, "lived");
  return {
    ...process.env,
    PATH: [folder, process.env["PATH"]].join(delimiter),
    STREAMSPACE_TEST_FAULT: JSON.stringify({ ...fault, program, marker }),
  };
}

/** A viewer of a stream, from its first moment on. */
class World {
  readonly runner: VideoRunner;
  readonly events: VideoEvent[] = [];
  readonly startedMs = performance.now();
  lastMs = performance.now();
  longestGapMs = 0;

  constructor(fault: Pick<Fault, "kind" | "phase">) {
    const env = faultyEnvironment(fault);
    this.runner = new VideoRunner({
      spawner,
      log: silentLog,
      clock: systemClock,
      capture: "polling",
      showPointer: true,
      onEvent: (_element, event) => this.events.push(event),
    });
    const stream = new MediaStream({
      name: "video-h264",
      encoder: () => "x264enc",
      clockRate: 90_000,
      requires: "display",
      startsKeyFrame: startsH264KeyFrame,
      clock: systemClock,
      run: (start) =>
        this.runner.run(
          {
            encoders,
            frameRate: 30,
            bitrateBps: 2_000_000,
            threads: 1,
            startMsOf: () => 100,
          },
          { display: xvfb.display, screen, env, server: xvfb },
          start,
        ),
    });
    supervisor = new Supervisor({
      services: [
        {
          name: "display",
          requires: [],
          required: true,
          startTimeoutMs: 1_000,
          start: () => Promise.resolve(new FakeInstance()),
        },
        stream.spec,
      ],
      clock: systemClock,
      log: silentLog,
    });
    supervisor.start();
    stream.bind(supervisor.service("video-h264"));
    stream.subscribe({
      onPacket: () => {
        const nowMs = performance.now();
        this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.lastMs);
        this.lastMs = nowMs;
      },
      onSenderReport: () => undefined,
      onReset: () => undefined,
    });
  }

  /** Waits until openh264enc has taken over, and has sent for a while. */
  async untilTakenOver(): Promise<void> {
    await poll(
      () => this.runner.report()[0]?.element === "openh264enc" || undefined,
      { everyMs: 10, timeoutMs: 15_000, what: "the next encoder" },
    );
    await sleep(400);
    this.longestGapMs = Math.max(
      this.longestGapMs,
      performance.now() - this.lastMs,
    );
  }
}

const reasons: Record<Fault["kind"], RegExp> = {
  crash: /SIGSEGV/,
  hang: /no sign of life|did not happen within/,
  flood: /no sign of life|did not happen within/,
  garbage: /sent garbage/,
  behind: /behind/,
  relapse: /did not start in time/,
};

const cases: [Fault["kind"], Fault["phase"]][] = [
  ...(["crash", "hang", "flood", "garbage"] as const).flatMap((kind) =>
    (["start", "first-packet", "middle"] as const).map(
      (phase): [Fault["kind"], Fault["phase"]] => [kind, phase],
    ),
  ),
  ["behind", "middle"],
  ["relapse", "middle"],
];

it.each(cases)(
  "a driver that fails by %s, at %s, gives way to the next encoder, and viewers hardly see it",
  async (kind, phase) => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const world = new World({ kind, phase });
    await world.untilTakenOver();
    delay.disable();
    expect(world.longestGapMs).toBeLessThan(promisedMs + noiseMs);
    // Nanoseconds. A flood that is read without bound keeps the loop busy for seconds.
    expect(delay.percentile(99) / 1e6).toBeLessThan(200);
    expect(world.runner.troubles()).toEqual([
      {
        element: "x264enc",
        isBarred: true,
        reason: expect.stringMatching(reasons[kind]) as string,
      },
    ]);
    const [report] = world.runner.report();
    expect(report?.whyBelowBest).toMatch(reasons[kind]);
    expect(world.events.some(({ type }) => type === "flood")).toBe(
      kind === "flood",
    );
  },
);
