import { describe, expect, it } from "vitest";
import { FecPolicy } from "../../../signaling/webrtc/fec-policy.ts";

describe("in-band FEC", () => {
  it.each([
    [0, 0],
    [0.02, 0],
    [0.03, 10],
    [0.09, 10],
    [0.1, 25],
    [1, 25],
  ])("at a loss of %d reckons with %d in a hundred", (loss, percent) => {
    const policy = new FecPolicy();
    expect(policy.onReport(loss, 0)).toBe(percent > 0);
    expect(policy.percent).toBe(percent);
  });

  it("grows with the loss and does not shrink with it", () => {
    const policy = new FecPolicy();
    policy.onReport(0.04, 0);
    expect(policy.onReport(0.2, 5_000)).toBe(true);
    expect(policy.onReport(0.04, 10_000)).toBe(false);
    expect(policy.percent).toBe(25);
  });

  it("ends a minute after the last loss", () => {
    const policy = new FecPolicy();
    policy.onReport(0.04, 0);
    policy.onReport(0.01, 30_000);
    expect(policy.onReport(0, 89_000)).toBe(false);
    expect(policy.onReport(0, 90_000)).toBe(true);
    expect(policy.percent).toBe(0);
  });
});
