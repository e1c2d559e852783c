import { describe, expect, it } from "vitest";
import { WheelAccumulator } from "../../../client/src/wheel.ts";

/** Events that follow each other within one gesture. */
function turn(
  wheel: WheelAccumulator,
  deltas: readonly number[],
  rest: { deltaMode?: number; wheelDeltaY?: number; everyMs?: number } = {},
): number[] {
  const { deltaMode = 0, wheelDeltaY, everyMs = 16 } = rest;
  return deltas.map(
    (deltaY, index) =>
      wheel.add({
        deltaX: 0,
        deltaY,
        deltaMode,
        wheelDeltaY,
        timeStamp: index * everyMs,
      }).dy,
  );
}

describe("wheel notches", () => {
  it("counts the notches of a mouse whatever distance the system makes of them", () => {
    const wheel = new WheelAccumulator();
    expect(turn(wheel, [53, 53, 120, 80], { wheelDeltaY: -120 })).toEqual([
      1, 1, 1, 1,
    ]);
    expect(turn(wheel, [-240], { wheelDeltaY: 240 })).toEqual([-2]);
  });

  it("counts three lines as one notch, as Firefox reports it", () => {
    const lines = { deltaMode: 1 };
    expect(turn(new WheelAccumulator(), [3, -3, 1, 1, 1], lines)).toEqual([
      1, -1, 0, 0, 1,
    ]);
  });

  it("counts a page as one notch", () => {
    expect(turn(new WheelAccumulator(), [1], { deltaMode: 2 })).toEqual([1]);
  });

  it("adds up the small steps of a touchpad", () => {
    const wheel = new WheelAccumulator();
    expect(turn(wheel, Array<number>(10).fill(25))).toEqual([
      0, 0, 0, 1, 0, 0, 0, 1, 0, 0,
    ]);
  });

  it("does not take a touchpad for a mouse because of a round number", () => {
    // A touchpad reports three times the distance: 40 px makes -120.
    const wheel = new WheelAccumulator();
    expect(turn(wheel, [40, 40, 40], { wheelDeltaY: -120 })).toEqual([0, 0, 1]);
  });

  it("turns around at once", () => {
    expect(turn(new WheelAccumulator(), [90, -100])).toEqual([0, -1]);
  });

  it("forgets the rest of a gesture that ended", () => {
    const slow = { everyMs: 1_000 };
    expect(turn(new WheelAccumulator(), [60, 60, 60], slow)).toEqual([0, 0, 0]);
  });

  it("keeps to the protocol's bound, and both directions apart", () => {
    const wheel = new WheelAccumulator();
    const notches = wheel.add({
      deltaX: -100_000,
      deltaY: 100,
      deltaMode: 0,
      timeStamp: 0,
    });
    expect(notches).toEqual({ dx: -20, dy: 1 });
  });
});
