/**
 * What every runner of video has to do, as cases for a real display and a real encoder.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { systemClock } from "../../../agent/base/clock.ts";
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import { startsH264KeyFrame } from "../../../encoders/key-frames.ts";
import { RtpSource } from "../../../encoders/rtp-source.ts";
import type { RunningVideo } from "../../../encoders/runners/running-pipeline.ts";
import { h264PictureSize } from "../../fixtures/h264-sps.ts";
import { TimerLateness } from "../../fixtures/timer-lateness.ts";
import {
  moveContent,
  setScreenSize,
} from "../../fixtures/x11-moving-content.ts";
import { startXvfb, type TestXvfb } from "../../fixtures/x11-xvfb.ts";

/** What a runner is started with. */
export interface ContractStart {
  display: string;
  screen: { width: number; height: number };
  targetBps: number;
  frameRate: number;
  source: RtpSource;
  spawner: ChildSpawner;
  signal: AbortSignal;
}

/** A runner under test. */
export interface ContractRunner {
  start: (options: ContractStart) => Promise<RunningVideo>;
  /** Resets and key frames that a change of rate or size costs. */
  resetsPerChange: 0 | 1;
}

const screen = { width: 640, height: 360 };
/** Detection within 1.4 s is promised; the machine of a test is busy. */
const stallVerdictMs = 2_000;

/** A source with a viewer who writes down what comes, and a runner that feeds it. */
class World implements AsyncDisposable {
  readonly spawner = new ChildSpawner();
  readonly source = new RtpSource({
    clock: systemClock,
    startsKeyFrame: startsH264KeyFrame,
  });
  packets: { packet: Buffer; atMs: number; isKey: boolean }[] = [];
  resets = 0;
  readonly #abort = new AbortController();

  constructor() {
    this.source.subscribe({
      onPacket: (packet, isKey) => {
        this.packets.push({ packet, isKey, atMs: performance.now() });
      },
      onSenderReport: () => undefined,
      onReset: () => {
        this.resets += 1;
      },
    });
  }

  get keyFrames(): typeof this.packets {
    return this.packets.filter(({ isKey }) => isKey);
  }

  get frames(): number {
    return new Set(this.packets.map(({ packet }) => packet.readUInt32BE(4)))
      .size;
  }

  get childPid(): number {
    return [...this.spawner.children][0]?.pid ?? expect.fail("no child");
  }

  /** The longest time without a packet since `fromMs`, up to now. */
  longestGapMs(fromMs: number): number {
    const times = this.packets
      .map(({ atMs }) => atMs)
      .filter((atMs) => atMs >= fromMs);
    const ends = [...times, performance.now()];
    return Math.max(
      ...ends.map((atMs, index) => atMs - (ends[index - 1] ?? fromMs)),
    );
  }

  start(
    runner: ContractRunner,
    display: string,
    options: Partial<ContractStart> = {},
  ): Promise<RunningVideo> {
    return runner.start({
      display,
      screen,
      targetBps: 6_000_000,
      frameRate: 30,
      source: this.source,
      spawner: this.spawner,
      signal: this.#abort.signal,
      ...options,
    });
  }

  abort(): void {
    this.#abort.abort();
  }

  /** Waits until `condition` holds. */
  async until(
    what: string,
    condition: () => boolean,
    timeoutMs = 5_000,
  ): Promise<void> {
    await poll(() => condition() || undefined, { everyMs: 5, timeoutMs, what });
  }

  /** Bit/s over one second from now. */
  async measureBps(): Promise<number> {
    this.packets = [];
    const fromMs = performance.now();
    await sleep(1_200);
    const bytes = this.packets.reduce(
      (sum, { packet }) => sum + packet.length,
      0,
    );
    return (bytes * 8_000) / (performance.now() - fromMs);
  }

  /** Waits for one and a half seconds with more than `leastFps` frames a second, and less than `mostFps`. */
  async untilFps(leastFps: number, mostFps = Infinity): Promise<void> {
    const measure = async (): Promise<true | undefined> => {
      this.packets = [];
      const fromMs = performance.now();
      await sleep(1_500);
      const fps = (this.frames * 1_000) / (performance.now() - fromMs);
      return (fps > leastFps && fps < mostFps) || undefined;
    };
    await poll(measure, {
      everyMs: 0,
      timeoutMs: 8_000,
      what: `a frame rate of ${leastFps} to ${mostFps}`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const children = [...this.spawner.children];
    await Promise.all(children.map((child) => child.close()));
  }
}

/** Adds the cases for `runner` to the suite. */
export function describeContract(name: string, runner: ContractRunner): void {
  describe(`the contract of runners: ${name}`, () => {
    let xvfb: TestXvfb;
    let content: AsyncDisposable;
    beforeAll(async () => {
      xvfb = await startXvfb(screen);
      content = await moveContent(xvfb.display);
    });
    afterAll(async () => {
      await content[Symbol.asyncDispose]();
      await xvfb.stop();
    });
    const start = (
      world: World,
      options: Partial<ContractStart> = {},
    ): Promise<RunningVideo> => world.start(runner, xvfb.display, options);

    describeStart(start);
    describeChanges(start, runner);
    describeEnds(start);
  });
}

type Start = (
  world: World,
  options?: Partial<ContractStart>,
) => Promise<RunningVideo>;

function describeStart(start: Start): void {
  it("attaches with its first packet, a key frame, and sends others only when asked", async () => {
    await using world = new World();
    const running = await start(world);
    expect(world.resets).toBe(1);
    expect(world.packets[0]?.isKey).toBe(true);
    expect(running.element).toBe("x264enc");
    await sleep(700);
    await world.until("others", () => world.packets.length > 10);
    expect(world.keyFrames).toHaveLength(1);
    await running.close();
  });

  it("answers requests for key frames, and no more often than the floor allows", async () => {
    await using world = new World();
    const running = await start(world);
    const askedMs = performance.now();
    world.source.requestKeyFrame();
    await world.until("a key frame", () => world.keyFrames.length === 2, 1_000);
    for (let count = 0; count < 40; count += 1) {
      world.source.requestKeyFrame();
      await sleep(20);
    }
    await sleep(300);
    const tookMs = performance.now() - askedMs;
    expect(world.keyFrames.length).toBeGreaterThan(2);
    // One at the start, and one for each floor of 300 ms that has begun.
    expect(world.keyFrames.length).toBeLessThanOrEqual(3 + tookMs / 300);
    await running.close();
  });
}

function describeChanges(
  start: Start,
  { resetsPerChange }: ContractRunner,
): void {
  it("changes the bit rate, at the cost it is known for", async () => {
    await using world = new World();
    await using unchanged = new World();
    const [running, reference] = [await start(world), await start(unchanged)];
    await sleep(500);
    const fastBps = await world.measureBps();
    const changedMs = performance.now();
    world.packets = [];
    running.setTargetBps(800_000);
    await world.until("the change", () => world.resets === 1 + resetsPerChange);
    await sleep(1_000);
    expect(world.resets).toBe(1 + resetsPerChange);
    expect(world.keyFrames).toHaveLength(resetsPerChange);
    // A slow moment of the machine is a gap in both streams.
    expect(world.longestGapMs(changedMs)).toBeLessThan(
      Math.max(300, 2 * unchanged.longestGapMs(changedMs)),
    );
    await reference.close();
    const slowBps = await world.measureBps();
    expect(slowBps).toBeLessThan(1_200_000);
    expect(fastBps).toBeGreaterThan(2 * slowBps);
    expect(world.spawner.children.size).toBe(1);
    await running.close();
  });

  it("changes the frame rate", async () => {
    await using world = new World();
    const running = await start(world);
    await world.untilFps(18);
    running.setFps(10);
    await world.until("the change", () => world.resets === 1 + resetsPerChange);
    await world.untilFps(6, 13);
    await running.close();
  });

  it("follows the size of the display on the same source, rounded down to even", async () => {
    await using xvfb = await startXvfb({ width: 800, height: 600 });
    await using content = await moveContent(xvfb.display);
    expect(content).toBeDefined();
    await setScreenSize(xvfb.display, screen);
    await using world = new World();
    const running = await start(world, { display: xvfb.display });
    const [first] = world.keyFrames;
    expect(h264PictureSize(first?.packet ?? Buffer.alloc(16))).toEqual(screen);
    world.packets = [];
    const size = { width: 701, height: 501 };
    await setScreenSize(xvfb.display, size);
    running.resize(size);
    await world.until("a key frame", () => world.keyFrames.length > 0);
    const sizes = world.keyFrames.map(({ packet }) => h264PictureSize(packet));
    expect(sizes.at(-1)).toEqual({ width: 700, height: 500 });
    expect(world.resets).toBe(1 + resetsPerChange);
    await running.close();
  });
}

function describeEnds(start: Start): void {
  it("tells of a SIGKILL at once, and is detached", async () => {
    await using world = new World();
    const running = await start(world);
    process.kill(world.childPid, "SIGKILL");
    await expect(
      withDeadline(running.exited, { timeoutMs: 1_000, what: "the news" }),
    ).resolves.toEqual({ kind: "signal", signal: "SIGKILL" });
    world.packets = [];
    await sleep(100);
    expect(world.packets).toEqual([]);
    const next = await start(world);
    expect(world.resets).toBe(2);
    expect(world.packets[0]?.isKey).toBe(true);
    await Promise.all([running.close(), next.close()]);
  });

  it("is ended as stalled when it is stopped", async () => {
    await using world = new World();
    const running = await start(world);
    await sleep(600);
    using lateness = new TimerLateness();
    const stoppedMs = performance.now();
    process.kill(world.childPid, "SIGSTOP");
    await expect(
      withDeadline(running.exited, { timeoutMs: 8_000, what: "the verdict" }),
    ).resolves.toMatchObject({ kind: "stalled" });
    // The watchdog forgives the child the time that this process did not run.
    expect(performance.now() - stoppedMs).toBeLessThan(
      stallVerdictMs + lateness.totalMs,
    );
    expect(world.spawner.children.size).toBe(0);
  });

  it.each([0, 30, 80, 150, 250])(
    "leaves no child when its start is called off after %i ms",
    async (afterMs) => {
      await using world = new World();
      const starting = start(world).then(
        (running) => running.close(),
        (error: unknown) => {
          expect(error).toMatchObject({ code: "aborted" });
        },
      );
      await sleep(afterMs);
      world.abort();
      await starting;
      expect(world.spawner.children.size).toBe(0);
      const heard = world.packets.length;
      await sleep(50);
      expect(world.packets.length).toBe(heard);
    },
  );

  it.each([0, 20, 60, 120, 200])(
    "leaves no child when it is closed %i ms after a change, twice",
    async (afterMs) => {
      await using world = new World();
      const running = await start(world);
      running.setTargetBps(1_000_000);
      await sleep(afterMs);
      await Promise.all([running.close(), running.close()]);
      await expect(running.exited).resolves.toEqual({ kind: "requested" });
      await running.close();
      expect(world.spawner.children.size).toBe(0);
      running.setTargetBps(5_000_000);
      running.setFps(15);
      running.requestKeyFrame();
      await sleep(50);
      expect(world.spawner.children.size).toBe(0);
    },
  );
}
