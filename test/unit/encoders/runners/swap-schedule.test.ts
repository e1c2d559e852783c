import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  firstRetryMs,
  leastRateChange,
  longestRetryMs,
  SwapSchedule,
  swapEveryMs,
  type LaunchSettings,
} from "../../../../encoders/runners/swap-schedule.ts";

const first: LaunchSettings = {
  targetBps: 1_000_000,
  frameRate: 30,
  screen: { width: 640, height: 360 },
};

describe("a schedule of swaps", () => {
  it("swaps at once for the first change, and gathers those that follow", () => {
    const schedule = new SwapSchedule(first);
    expect(schedule.waitMs(0)).toBeUndefined();
    schedule.want({ frameRate: 15 });
    expect(schedule.waitMs(0)).toBe(0);
    expect(schedule.begin(0)).toEqual({ ...first, frameRate: 15 });
    schedule.want({ frameRate: 20 });
    schedule.want({ targetBps: 2_000_000 });
    expect(schedule.waitMs(100), "one is under way").toBeUndefined();
    schedule.end(true, 50);
    expect(schedule.waitMs(100)).toBe(swapEveryMs - 100);
    expect(schedule.begin(swapEveryMs)).toEqual({
      ...first,
      frameRate: 20,
      targetBps: 2_000_000,
    });
  });

  it("lets small changes of the bit rate add up", () => {
    const schedule = new SwapSchedule(first);
    schedule.want({ targetBps: 1_100_000 });
    expect(schedule.waitMs(0)).toBeUndefined();
    schedule.want({ targetBps: 1_160_000 });
    expect(schedule.waitMs(0)).toBe(0);
  });

  it("takes a small change along with another", () => {
    const schedule = new SwapSchedule(first);
    schedule.want({ targetBps: 1_100_000 });
    schedule.want({ screen: { width: 800, height: 360 } });
    expect(schedule.begin(0).targetBps).toBe(1_100_000);
  });

  it("does not swap for what was taken back", () => {
    const schedule = new SwapSchedule(first);
    schedule.want({ frameRate: 15 });
    schedule.want({ frameRate: 30 });
    expect(schedule.waitMs(0)).toBeUndefined();
  });

  it("tries again what failed after a while that doubles within a bound, and at once what comes next", () => {
    const schedule = new SwapSchedule(first);
    schedule.want({ frameRate: 15 });
    const waits: (number | undefined)[] = [];
    let nowMs = 0;
    for (let count = 0; count < 7; count += 1) {
      schedule.begin(nowMs);
      nowMs += 1_500;
      schedule.end(false, nowMs);
      const waitMs = schedule.waitMs(nowMs);
      waits.push(waitMs);
      nowMs += waitMs ?? 0;
      expect(schedule.waitMs(nowMs)).toBe(0);
    }
    expect(waits).toEqual([
      firstRetryMs,
      20_000,
      40_000,
      80_000,
      160_000,
      longestRetryMs,
      longestRetryMs,
    ]);
    schedule.begin(nowMs);
    schedule.end(false, nowMs);
    schedule.want({ frameRate: 20 });
    expect(schedule.waitMs(nowMs + swapEveryMs)).toBe(0);
    schedule.begin(nowMs + swapEveryMs);
    schedule.end(true, nowMs + swapEveryMs);
    schedule.want({ frameRate: 15 });
    const laterMs = nowMs + 2 * swapEveryMs;
    expect(schedule.waitMs(laterMs), "it failed long ago").toBe(0);
    schedule.begin(laterMs);
    schedule.end(false, laterMs);
    expect(schedule.waitMs(laterMs)).toBe(firstRetryMs);
  });

  it("keeps its distance between swaps and comes to rest near what is wanted", () => {
    const change = fc.record({
      targetBps: fc.integer({ min: 10_000, max: 50_000_000 }),
      afterMs: fc.nat({ max: 3_000 }),
      succeeds: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const schedule = new SwapSchedule(first);
        let nowMs = 0;
        let beganMs = -Infinity;
        let running = first;
        const swap = (succeeds: boolean): void => {
          expect(nowMs - beganMs).toBeGreaterThanOrEqual(swapEveryMs);
          beganMs = nowMs;
          const settings = schedule.begin(nowMs);
          if (succeeds) running = settings;
          schedule.end(succeeds, nowMs);
        };
        let wantedBps = first.targetBps;
        for (const { targetBps, afterMs, succeeds } of changes) {
          nowMs += afterMs;
          wantedBps = targetBps;
          schedule.want({ targetBps });
          if (schedule.waitMs(nowMs) === 0) swap(succeeds);
        }
        schedule.want({ targetBps: (wantedBps += 1) });
        const waitMs = schedule.waitMs(nowMs);
        nowMs += waitMs ?? 0;
        if (waitMs !== undefined) swap(true);
        expect(schedule.waitMs(nowMs)).toBeUndefined();
        expect(Math.abs(wantedBps / running.targetBps - 1)).toBeLessThan(
          leastRateChange,
        );
      }),
    );
  });
});
