import { describe, expect, it } from "vitest";
import { StartTimes } from "../../../../encoders/runners/start-times.ts";

describe("the deadline of a start", () => {
  it.each([
    [undefined, 5_000],
    [50, 1_500],
    [500, 2_000],
    [4_000, 5_000],
  ])("is, for a proof of %o ms, %i ms", (provenMs, deadlineMs) => {
    expect(new StartTimes().deadlineMs("a", provenMs)).toBe(deadlineMs);
  });

  it("is longer for larger screens, and no shorter for smaller ones", () => {
    const times = new StartTimes();
    expect(times.deadlineMs("a", 50, 3840 * 2160)).toBe(5_000);
    expect(times.deadlineMs("a", 50, 2560 * 1440)).toBeCloseTo(2_667, 0);
    expect(times.deadlineMs("a", 50, 640 * 480)).toBe(1_500);
  });

  it("follows what was measured since, where that was longer", () => {
    const times = new StartTimes();
    times.onStarted("a", 600);
    expect(times.deadlineMs("a", 50)).toBe(2_400);
    expect(times.deadlineMs("a", undefined)).toBe(2_400);
    expect(times.deadlineMs("b", 50)).toBe(1_500);
  });

  it("is doubled after each that passed, up to its bound, until one is met", () => {
    const times = new StartTimes();
    times.onTimeout("a");
    expect(times.deadlineMs("a", 50)).toBe(3_000);
    for (let count = 0; count < 50; count += 1) times.onTimeout("a");
    expect(times.deadlineMs("a", 50)).toBe(5_000);
    times.onStarted("a", 50);
    expect(times.deadlineMs("a", 50)).toBe(1_500);
  });
});

describe("the time to a hedge", () => {
  it("is twice a start after a failure, and never too short to be fair", () => {
    const times = new StartTimes();
    expect(times.hedgeMs("a", undefined, true)).toBe(300);
    expect(times.hedgeMs("a", 400, true)).toBe(800);
    times.onStarted("a", 500);
    expect(times.hedgeMs("a", 400, true)).toBe(1_000);
  });

  it("is longer where nothing failed, and none where nobody knows what a start takes", () => {
    const times = new StartTimes();
    expect(times.hedgeMs("a", undefined, false)).toBeUndefined();
    expect(times.hedgeMs("a", 100, false)).toBe(1_000);
    expect(times.hedgeMs("a", 1_100, false)).toBe(2_200);
  });
});
