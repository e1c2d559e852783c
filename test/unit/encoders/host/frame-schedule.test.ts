import { describe, expect, it } from "vitest";
import {
  burstFrames,
  FrameSchedule,
  maxSharpenings,
  recoveryMs,
  sharpenMs,
  stillMs,
} from "../../../../encoders/host/frame-schedule.ts";

const frameRate = 50;
const intervalMs = 1_000 / frameRate;
/** 1 Mbit/s: 2,500 bytes a frame. */
const targetBps = 1_000_000;
const starving = 2_500;
const tiny = 40;

interface Frame {
  kind: "grab" | "repeat";
  atMs: number;
}

/** Runs a schedule with an encoder that takes `encodeMs`, and changes at `changesMs`. */
function run(options: {
  changesMs: number[];
  untilMs: number;
  bytes: number;
  /** Of the frames in turn; the last one's stays. */
  quantisers?: number[];
  encodeMs?: number;
  schedule?: FrameSchedule;
}): Frame[] {
  const { bytes, encodeMs = 2, untilMs } = options;
  const schedule =
    options.schedule ?? new FrameSchedule({ frameRate, targetBps });
  const changes = [...options.changesMs];
  const frames: Frame[] = [];
  const quantisers = [...(options.quantisers ?? [])];
  let doneMs = Infinity;
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 1) {
    if (nowMs >= doneMs) {
      const [quantiser] = quantisers;
      if (quantisers.length > 1) quantisers.shift();
      schedule.onEncoded(bytes, quantiser);
      doneMs = Infinity;
    }
    while ((changes[0] ?? Infinity) <= nowMs) {
      changes.shift();
      schedule.onChange();
    }
    const { kind } = schedule.decide(nowMs);
    if (kind !== "grab" && kind !== "repeat") continue;
    frames.push({ kind, atMs: nowMs });
    if (kind === "grab") {
      schedule.onGrab(nowMs);
      schedule.onGrabbed();
    } else schedule.onRepeat(nowMs);
    schedule.onPushed(nowMs);
    doneMs = nowMs + encodeMs;
  }
  return frames;
}

function grabs(frames: Frame[]): number[] {
  return frames.filter(({ kind }) => kind === "grab").map(({ atMs }) => atMs);
}

describe("the schedule of frames", () => {
  it("does nothing before anything changed", () => {
    const schedule = new FrameSchedule({ frameRate, targetBps });
    expect(schedule.decide(0)).toEqual({ kind: "idle" });
    expect(schedule.decide(1e6)).toEqual({ kind: "idle" });
  });

  it("grabs the first change at once, repeats it twice, then rests", () => {
    const frames = run({ changesMs: [100], untilMs: 5_000, bytes: tiny });
    const [first = 0, second = 0] = recoveryMs;
    expect(frames).toEqual([
      { kind: "grab", atMs: 100 },
      { kind: "repeat", atMs: 100 + first },
      { kind: "repeat", atMs: 100 + first + second },
    ]);
  });

  it("sharpens a picture that lacked bits, within its bounds", () => {
    const frames = run({ changesMs: [0], untilMs: 5_000, bytes: starving });
    const repeats = frames.filter(({ kind }) => kind === "repeat");
    expect(repeats[0]?.atMs).toBe(stillMs);
    expect(repeats).toHaveLength(maxSharpenings + recoveryMs.length);
    expect(repeats[maxSharpenings - 1]?.atMs).toBeLessThan(sharpenMs);
    for (const [index, { atMs }] of repeats.entries()) {
      const before = repeats[index - 1]?.atMs ?? -Infinity;
      expect(atMs - before).toBeGreaterThanOrEqual(intervalMs);
    }
  });

  it("sharpens a picture of few bytes until its quantiser is fine", () => {
    const quantisers = [1, 0.9, 0.6, 0.3, 0.2];
    const frames = run({
      ...{ changesMs: [0], untilMs: 5_000, bytes: tiny, quantisers },
    });
    const repeats = frames.filter(({ kind }) => kind === "repeat");
    const sharpenings = quantisers.length - 1;
    expect(repeats).toHaveLength(sharpenings + recoveryMs.length);
    expect(repeats[0]?.atMs).toBe(stillMs);
    expect(repeats[sharpenings - 1]?.atMs).toBeLessThan(
      stillMs + sharpenings * intervalMs,
    );
  });

  it("gives up on a quantiser that stays coarse", () => {
    const frames = run({
      ...{ changesMs: [0], untilMs: 5_000, bytes: tiny, quantisers: [1] },
    });
    expect(frames).toHaveLength(1 + maxSharpenings + recoveryMs.length);
  });

  it("sharpens a key frame that is asked for long after the change", () => {
    const schedule = new FrameSchedule({ frameRate, targetBps });
    run({ changesMs: [0], untilMs: 5_000, bytes: tiny, schedule });
    schedule.onFrameWanted();
    expect(schedule.decide(5_001)).toEqual({ kind: "repeat" });
    schedule.onRepeat(5_001);
    schedule.onPushed(5_001);
    schedule.onEncoded(starving);
    expect(schedule.decide(5_001 + stillMs)).toEqual({ kind: "repeat" });
  });

  it("does not repeat an old picture between the changes of moving content", () => {
    const changesMs = Array.from({ length: 40 }, (_, index) => index * 40);
    const frames = run({ changesMs, untilMs: 1_599, bytes: starving });
    expect(frames.every(({ kind }) => kind === "grab")).toBe(true);
    expect(grabs(frames)).toEqual(changesMs);
  });

  it("keeps the mean at the frame rate when everything always changes", () => {
    const changesMs = Array.from({ length: 4_000 }, (_, index) => index);
    const frames = run({ changesMs, untilMs: 3_999, bytes: tiny });
    expect(frames.length).toBeLessThanOrEqual(4 * frameRate + burstFrames + 1);
    expect(frames.length).toBeGreaterThan(4 * frameRate - 5);
  });

  it("does not make changes at the frame rate wait for ever once one had to wait", () => {
    const steady = Array.from({ length: 50 }, (_, index) => 40 + index * 20);
    // An extra change right after the first frame.
    const grabbed = grabs(
      run({ changesMs: [0, 1, ...steady], untilMs: 1_030, bytes: tiny }),
    );
    const waits = steady.map(
      (atMs) => (grabbed.find((other) => other >= atMs) ?? Infinity) - atMs,
    );
    expect(waits.slice(5).every((waitMs) => waitMs === 0)).toBe(true);
  });

  it("waits for the encoder, and then takes what is newest", () => {
    const changesMs = Array.from({ length: 200 }, (_, index) => index);
    const grabbed = grabs(
      run({ changesMs, untilMs: 199, bytes: tiny, encodeMs: 45 }),
    );
    expect(grabbed).toEqual([0, 45, 90, 135, 180]);
  });

  it("encodes the still picture again when a frame is wanted", () => {
    const schedule = new FrameSchedule({ frameRate, targetBps });
    run({ changesMs: [0], untilMs: 2_000, bytes: tiny, schedule });
    expect(schedule.decide(3_000)).toEqual({ kind: "idle" });
    schedule.onFrameWanted();
    expect(schedule.decide(3_000)).toEqual({ kind: "repeat" });
    schedule.onRepeat(3_000);
    schedule.onPushed(3_000);
    schedule.onEncoded(tiny);
    // The frame that was asked for may be lost like any other.
    expect(schedule.decide(3_000)).toEqual({
      kind: "wait",
      untilMs: 3_000 + (recoveryMs[0] ?? 0),
    });
  });

  it("sends fewer frames where each takes more than its share, and no more bits", () => {
    const changesMs = Array.from({ length: 10_000 }, (_, index) => index);
    const frames = run({ changesMs, untilMs: 9_999, bytes: 4 * starving });
    const sentBps = (frames.length * 4 * starving * 8) / 10;
    expect(sentBps).toBeGreaterThan(targetBps);
    expect(sentBps).toBeLessThan(1.1 * targetBps);
  });

  it("does not hold up a frame that is asked for", () => {
    const schedule = new FrameSchedule({ frameRate, targetBps });
    schedule.onChange();
    schedule.onGrab(0);
    schedule.onGrabbed();
    schedule.onPushed(0);
    schedule.onEncoded(targetBps / 8);
    schedule.onChange();
    expect(schedule.decide(100)).toMatchObject({ kind: "wait" });
    schedule.onFrameWanted();
    expect(schedule.decide(100)).toEqual({ kind: "grab" });
  });

  it("sharpens a picture that has to wait for its bits", () => {
    const bytes = 10 * starving;
    const frames = run({ changesMs: [0], untilMs: 60_000, bytes });
    const repeats = frames.filter(({ kind }) => kind === "repeat");
    expect(repeats).toHaveLength(maxSharpenings + recoveryMs.length);
    const tookMs = (repeats.at(-1)?.atMs ?? 0) - (frames[0]?.atMs ?? 0);
    expect((frames.length * bytes * 8_000) / tookMs).toBeLessThan(
      1.15 * targetBps,
    );
  });

  it("begins with any rate that is set before the first frame", () => {
    const schedule = new FrameSchedule({ frameRate, targetBps });
    schedule.setRate({ frameRate, targetBps: targetBps / 10 });
    schedule.onChange();
    expect(schedule.decide(7)).toEqual({ kind: "grab" });
  });

  it("goes on when the encoder makes nothing of a frame", () => {
    const schedule = new FrameSchedule({ frameRate, targetBps });
    schedule.onChange();
    schedule.onGrab(0);
    schedule.onPushed(0);
    expect(schedule.decide(1_000)).toEqual({ kind: "idle" });
    schedule.onSwallowed();
    expect(schedule.decide(1_000)).toEqual({ kind: "grab" });
  });

  it("follows a new frame rate at the next frame", () => {
    const schedule = new FrameSchedule({ frameRate: 1, targetBps });
    run({ changesMs: [0], untilMs: 10, bytes: tiny, schedule });
    schedule.onChange();
    expect(schedule.decide(20)).toMatchObject({ kind: "wait" });
    schedule.setRate({ frameRate: 100, targetBps });
    expect(schedule.decide(20)).toEqual({ kind: "grab" });
  });
});
