import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoffMs, defaultBackoff } from "../../../agent/base/backoff.ts";

const policy = { initialMs: 100, maxMs: 3_000, resetAfterMs: 10_000 };

describe("backoffMs", () => {
  test.each([
    { failures: 1, delayMs: 100 },
    { failures: 2, delayMs: 200 },
    { failures: 3, delayMs: 400 },
    { failures: 5, delayMs: 1_600 },
    { failures: 6, delayMs: 3_000 },
    { failures: 1_000_000, delayMs: 3_000 },
    { failures: 0, delayMs: 100 },
    { failures: -3, delayMs: 100 },
  ])("waits $delayMs ms after failure $failures", ({ failures, delayMs }) => {
    expect(backoffMs(policy, failures)).toBe(delayMs);
  });

  test("never goes down, and stays between its bounds", () => {
    fc.assert(
      fc.property(fc.nat(), (failures) => {
        const delayMs = backoffMs(defaultBackoff, failures);
        expect(delayMs).toBeGreaterThanOrEqual(defaultBackoff.initialMs);
        expect(delayMs).toBeLessThanOrEqual(defaultBackoff.maxMs);
        expect(backoffMs(defaultBackoff, failures + 1)).toBeGreaterThanOrEqual(
          delayMs,
        );
      }),
    );
  });
});
