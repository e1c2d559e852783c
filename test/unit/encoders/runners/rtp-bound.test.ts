import { describe, expect, it } from "vitest";
import { RtpBound } from "../../../../encoders/runners/rtp-bound.ts";

/** Sends packets of `bytes` evenly over `ms`, so many a second; the first verdict. */
function send(
  bound: RtpBound,
  options: { bytes: number; perSecond: number; ms: number },
): string | undefined {
  const count = (options.perSecond * options.ms) / 1_000;
  for (let index = 0; index < count; index += 1) {
    const atMs = (index * 1_000) / options.perSecond;
    const verdict = bound.onPacket(atMs, options.bytes);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

describe("the bound of a child's RTP", () => {
  it.each([
    ["100 Mbit/s without a target", undefined, 1_200, 10_000, undefined],
    ["more", undefined, 1_200, 10_500, "more than 12.5 MB of RTP in a second"],
    ["19 times a target", 50_000_000, 1_200, 99_000, undefined],
    [
      "21 times a target",
      50_000_000,
      1_200,
      109_000,
      "more than 125 MB of RTP in a second",
    ],
    [
      "few bytes in many packets",
      8_000_000,
      14,
      40_000,
      "more than 20000 packets of RTP in a second",
    ],
    ["a frame of many small slices", 8_000_000, 40, 144 * 64, undefined],
  ])("judges %s", (_what, targetBps, bytes, perSecond, verdict) => {
    const bound = new RtpBound(targetBps);
    expect(send(bound, { bytes, perSecond, ms: 5_000 })).toBe(verdict);
  });

  it("follows the target", () => {
    const bound = new RtpBound(1_000_000);
    bound.setTargetBps(50_000_000);
    const load = { bytes: 1_200, perSecond: 50_000, ms: 3_000 };
    expect(send(bound, load)).toBeUndefined();
  });
});
