import { describe, expect, it } from "vitest";
import { SettleWindow } from "../../../../encoders/host/settle-window.ts";
import { StageTimer } from "../../../../encoders/host/stage-times.ts";

describe("the pause before a grab", () => {
  it("is none until a grab was too early", () => {
    const window = new SettleWindow();
    for (let count = 0; count < 10; count += 1) window.onNextChange(16);
    expect(window.quietMs).toBe(0);
  });

  it("grows with each grab that was too early, up to half a millisecond", () => {
    const window = new SettleWindow();
    const pauses = Array.from({ length: 5 }, () => {
      window.onNextChange(0.4);
      return window.quietMs;
    });
    expect(pauses).toEqual([0.125, 0.25, 0.5, 0.5, 0.5]);
  });

  it("goes back to none when grabs are not too early any more", () => {
    const window = new SettleWindow();
    for (let count = 0; count < 5; count += 1) window.onNextChange(0.4);
    for (let count = 0; count < 80; count += 1) window.onNextChange(16);
    expect(window.quietMs).toBe(0);
  });
});

describe("the time of a stage", () => {
  it("is mean and maximum since the last look", () => {
    const timer = new StageTimer();
    timer.add(1);
    timer.add(2.0004);
    timer.add(6);
    expect(timer.take()).toEqual({ meanMs: 3, maxMs: 6 });
    expect(timer.take()).toEqual({ meanMs: 0, maxMs: 0 });
  });
});
