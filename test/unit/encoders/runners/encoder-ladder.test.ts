import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  EncoderLadder,
  failureWindowMs,
  firstBarMs,
  longestBarMs,
} from "../../../../encoders/runners/encoder-ladder.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";

const encoders = [{ element: "a" }, { element: "b" }, { element: "c" }];
const names = (ladder: EncoderLadder): string[] =>
  ladder.order(encoders).map(({ element }) => element);

function ladderAt(): { ladder: EncoderLadder; clock: ManualClock } {
  const clock = new ManualClock();
  return { ladder: new EncoderLadder(clock), clock };
}

describe("the ladder", () => {
  it("tries an encoder again after one failure", () => {
    const { ladder, clock } = ladderAt();
    ladder.failed("a", "it crashed");
    expect(names(ladder)).toEqual(["a", "b", "c"]);
    expect(ladder.hasRecentFailure).toBe(true);
    expect(ladder.troubles()).toEqual([
      {
        element: "a",
        reason: "it crashed",
        sinceMs: clock.wallMs(),
        isBarred: false,
      },
    ]);
  });

  it("lets the next take over after two that belong together", () => {
    const { ladder, clock } = ladderAt();
    ladder.failed("a", "one");
    clock.advance(failureWindowMs - 1);
    ladder.failed("a", "two");
    expect(names(ladder)).toEqual(["b", "c", "a"]);
    clock.advance(firstBarMs - 1);
    expect(names(ladder)).toEqual(["b", "c", "a"]);
    clock.advance(1);
    expect(names(ladder)).toEqual(["a", "b", "c"]);
  });

  it("lets the next take over at once after a start that failed", () => {
    const { ladder, clock } = ladderAt();
    ladder.failedToStart("a", "no device");
    expect(names(ladder)).toEqual(["b", "c", "a"]);
    expect(ladder.hasRecentFailure).toBe(true);
    clock.advance(firstBarMs);
    expect(names(ladder)).toEqual(["a", "b", "c"]);
  });

  it("counts a failure from its own time, however late it hears of it", () => {
    const { ladder, clock } = ladderAt();
    const atMs = clock.nowMs();
    clock.advance(firstBarMs + 1);
    const sinceMs = clock.wallMs() - firstBarMs - 1;
    ladder.failedToStart("a", "long ago", atMs);
    expect(ladder.troubles()).toMatchObject([{ sinceMs }]);
    expect(names(ladder)).toEqual(["a", "b", "c"]);
  });

  it("tries one that stands alone for ever", () => {
    const { ladder } = ladderAt();
    for (let count = 0; count < 5; count += 1)
      ladder.failedToStart("a", "no device");
    expect(ladder.order([{ element: "a" }])).toEqual([{ element: "a" }]);
  });

  it("says why what runs is not the best", () => {
    const { ladder } = ladderAt();
    ladder.failedToStart("a", "no device");
    expect(ladder.whyBelowBest(encoders, "a")).toBeUndefined();
    expect(ladder.whyBelowBest(encoders, "b")).toBe("a: no device");
  });

  it("does not add up failures that are far apart", () => {
    const { ladder, clock } = ladderAt();
    for (let count = 0; count < 5; count += 1) {
      ladder.failed("a", "now and then");
      clock.advance(failureWindowMs);
    }
    expect(names(ladder)).toEqual(["a", "b", "c"]);
    expect(ladder.hasRecentFailure).toBe(false);
  });

  it("bars for longer each time, within a bound", () => {
    const { ladder, clock } = ladderAt();
    const bars: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      ladder.failed("a", "x");
      ladder.failed("a", "x");
      let barMs = 0;
      while (names(ladder)[0] !== "a") {
        clock.advance(10_000);
        barMs += 10_000;
      }
      bars.push(barMs);
    }
    expect(bars).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
    expect(longestBarMs).toBe(600_000);
  });

  it("prefers the one that has been barred longest where all are", () => {
    const { ladder, clock } = ladderAt();
    for (const element of ["c", "a", "b"]) {
      ladder.failed(element, "x");
      ladder.failed(element, "x");
      clock.advance(1_000);
    }
    expect(names(ladder)).toEqual(["c", "a", "b"]);
  });

  it("never loses or invents an encoder", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            element: fc.constantFrom("a", "b", "c", "gone"),
            afterMs: fc.nat({ max: 100_000 }),
            hadStarted: fc.boolean(),
          }),
        ),
        (failures) => {
          const { ladder, clock } = ladderAt();
          for (const { element, afterMs, hadStarted } of failures) {
            clock.advance(afterMs);
            if (hadStarted) ladder.failed(element, "x");
            else ladder.failedToStart(element, "x");
            expect(names(ladder).toSorted()).toEqual(["a", "b", "c"]);
          }
        },
      ),
    );
  });

  it("holds nothing against anybody for longer than the longest bar", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 60 }),
        (failures) => {
          const { ladder, clock } = ladderAt();
          for (const element of failures) ladder.failedToStart(element, "x");
          clock.advance(longestBarMs);
          expect(names(ladder)).toEqual(["a", "b", "c"]);
          expect(ladder.hasRecentFailure).toBe(false);
        },
      ),
    );
  });
});
