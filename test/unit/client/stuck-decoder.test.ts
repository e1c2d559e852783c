import { expect, test } from "vitest";
import {
  stuckAfterMs,
  StuckDecoder,
} from "../../../client/src/stuck-decoder.ts";

/** Verdicts on samples of `[seconds, frames received, frames decoded]`. */
function verdicts(
  ...samples: readonly (readonly [number, number, number])[]
): boolean[] {
  const decoder = new StuckDecoder();
  return samples.map(([seconds, framesReceived, framesDecoded]) =>
    decoder.judge({
      timestampMs: seconds * 1_000,
      framesReceived,
      framesDecoded,
    }),
  );
}

test("frames that arrive and are not decoded are found after four seconds", () => {
  expect(stuckAfterMs).toBe(4_000);
  expect(
    verdicts(
      [0, 60, 60],
      [1, 90, 60],
      [2, 120, 60],
      [3, 150, 60],
      [4, 180, 60],
    ),
  ).toEqual([false, false, false, false, true]);
});

test("the verdict is given once for each such time", () => {
  const samples = Array.from(
    { length: 12 },
    (_, second) => [second, second * 30, 0] as const,
  );
  expect(verdicts(...samples).filter(Boolean)).toHaveLength(2);
});

test("a screen that stands still is none", () => {
  expect(verdicts([0, 60, 60], [5, 60, 60], [60, 60, 60])).not.toContain(true);
});

test("nor is one that begins to move after a long rest", () => {
  expect(
    verdicts([0, 60, 60], [60, 60, 60], [61, 90, 60], [62, 120, 119]),
  ).not.toContain(true);
});

test("nor a frame or two that are lost", () => {
  expect(verdicts([0, 60, 60], [5, 62, 60], [10, 62, 60])).not.toContain(true);
});

test("nor a decoder that goes on within the time", () => {
  expect(
    verdicts([0, 60, 60], [3, 150, 60], [4, 180, 61], [7, 270, 61]),
  ).not.toContain(true);
});

test("nor a browser that does not count frames", () => {
  expect(verdicts([0, 0, 60], [5, 0, 60], [10, 0, 60])).not.toContain(true);
});

test("nor a browser that slept, with frames in its socket that it has not decoded yet", () => {
  expect(
    verdicts([0, 60, 60], [9, 75, 60], [10, 105, 104], [11, 135, 134]),
  ).not.toContain(true);
  // Where it does not go on, the time counts from when it woke.
  expect(
    verdicts(
      ...([0, 9, 10, 11, 12, 13] as const).map(
        (second) => [second, 60 + second * 30, 60] as const,
      ),
    ),
  ).toEqual([false, false, false, false, false, true]);
});

test("nor a page that is not seen", () => {
  const decoder = new StuckDecoder();
  const at = (seconds: number): boolean =>
    decoder.judge({
      timestampMs: seconds * 1_000,
      framesReceived: seconds * 30,
      framesDecoded: 0,
    });
  at(0);
  decoder.excuse();
  expect([at(5), at(6)]).toEqual([false, false]);
});
