import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allowanceMs,
  BitDebt,
  longestHoldMs,
} from "../../../../encoders/host/bit-debt.ts";

/** 1,000 bytes a millisecond's worth of 8 Mbit/s. */
const targetBps = 8_000_000;
const bytesPerMs = 1_000;

describe("the debt of bits", () => {
  it("holds up nothing before anything was sent, whatever the rate becomes", () => {
    const debt = new BitDebt(targetBps);
    expect(debt.heldUntilMs).toBe(-Infinity);
    debt.setTarget(1_000, -Infinity);
    debt.setTarget(1_000, 5);
    expect(debt.heldUntilMs).toBe(-Infinity);
  });

  it("holds up nothing after a key frame of the allowance", () => {
    const debt = new BitDebt(targetBps);
    debt.spend(allowanceMs * bytesPerMs, 1_000);
    expect(debt.heldUntilMs).toBeLessThanOrEqual(1_000);
  });

  it("never holds up an encoder that meets its target", () => {
    const debt = new BitDebt(targetBps);
    for (let nowMs = 0; nowMs < 60_000; nowMs += 20) {
      expect(debt.heldUntilMs).toBeLessThan(nowMs);
      debt.spend(20 * bytesPerMs, nowMs);
    }
  });

  it("holds the mean to the target whatever a frame takes, up to the longest hold", () => {
    const most = longestHoldMs * bytesPerMs;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: most }), { minLength: 1 }),
        (frames) => {
          const debt = new BitDebt(targetBps);
          let nowMs = 0;
          let sent = 0;
          for (const bytes of frames) {
            nowMs = Math.max(nowMs + 16, debt.heldUntilMs);
            debt.spend(bytes, nowMs);
            sent += bytes;
          }
          const paid = (debt.heldUntilMs - 0 + allowanceMs) * bytesPerMs * 1.03;
          expect(sent).toBeLessThanOrEqual(
            Math.max(paid, (nowMs + allowanceMs) * bytesPerMs) * 1.001 + most,
          );
        },
      ),
    );
  });

  it("holds up nothing for longer than its bound", () => {
    const debt = new BitDebt(targetBps);
    debt.spend(1e9, 1_000);
    expect(debt.heldUntilMs).toBeCloseTo(1_000 + longestHoldMs, 6);
  });

  it("owes bits, not time: at half the rate it takes twice as long", () => {
    const debt = new BitDebt(targetBps);
    debt.spend(1_030 * bytesPerMs, 0);
    debt.setTarget(targetBps / 2, 0);
    expect(debt.heldUntilMs).toBeCloseTo(2_000 - allowanceMs, 6);
    debt.setTarget(targetBps, 1_000);
    expect(debt.heldUntilMs).toBeCloseTo(1_000 + 500 - allowanceMs, 6);
  });
});
