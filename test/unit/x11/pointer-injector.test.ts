import fc from "fast-check";
import { expect, test } from "vitest";
import { PointerInjector } from "../../../agent/x11/pointer-injector.ts";
import { SeatLedger } from "../../../agent/x11/seat-ledger.ts";

function setUp(): { pointer: PointerInjector; events: string[] } {
  const events: string[] = [];
  const pointer = new PointerInjector(
    {
      fakeMotion: (x, y) => events.push(`${x},${y}`),
      fakeMotionBy: (dx, dy) => events.push(`by ${dx},${dy}`),
      fakeButton: (button, pressed) =>
        events.push(`${pressed ? "+" : "-"}${button}`),
    },
    () => ({ width: 100, height: 50 }),
  );
  return { pointer, events };
}

test.each([
  [10, 20, "10,20"],
  [-1, -99, "0,0"],
  [100, 50, "99,49"],
  [1.9, 2.9, "1,2"],
])("moves to %d, %d within the screen", (x, y, place) => {
  const { pointer, events } = setUp();
  pointer.move(x, y);
  expect(events).toEqual([place]);
});

test.each([
  [3, -4, "by 3,-4"],
  [1e9, -1e9, "by 32767,-32767"],
])("moves by %d, %d within the protocol", (dx, dy, distance) => {
  const { pointer, events } = setUp();
  pointer.moveBy(dx, dy);
  expect(events).toEqual([distance]);
});

test("turns notches into presses and releases, at most 20", () => {
  const { pointer, events } = setUp();
  pointer.wheel(1, -2);
  expect(events).toEqual(["+4", "-4", "+4", "-4", "+7", "-7"]);
  events.length = 0;
  pointer.wheel(0, 1000);
  expect(events).toHaveLength(40);
});

test("a button that several viewers hold is pressed once and released with the last", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(2), fc.constantFrom(1, 2, 3), fc.boolean())),
      (steps) => {
        const { pointer, events } = setUp();
        const seats = [new Set<number>(), new Set<number>(), new Set<number>()];
        for (const [index, button, pressed] of steps)
          pointer.button(seats[index] ?? new Set(), button, pressed);
        for (const seat of seats) pointer.releaseAll(seat);
        for (const button of [1, 2, 3]) {
          const own = events.filter((event) => event.endsWith(String(button)));
          // Strictly in turn, beginning with a press and ending with a release.
          expect(own).toEqual(
            own.map((_, index) => `${index % 2 === 0 ? "+" : "-"}${button}`),
          );
          expect(own.length % 2).toBe(0);
        }
      },
    ),
  );
});

test("the gate lets releases through only after a press, and never drops them when full", () => {
  const ledger = new SeatLedger();
  expect(ledger.key("KeyA", false, false)).toBe(false);
  expect(ledger.key("KeyA", true, true)).toBe(false);
  expect(ledger.key("KeyA", true, false)).toBe(true);
  expect(ledger.key("KeyA", false, true)).toBe(true);
  expect(ledger.button(1, true, false)).toBe(true);
  expect(ledger.button(1, true, false)).toBe(false);
  expect(ledger.releaseAll()).toBe(true);
  expect(ledger.button(1, false, false)).toBe(false);
  expect(ledger.releaseAll()).toBe(false);
});
