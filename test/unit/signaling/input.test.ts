import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../../agent/base/clock.ts";
import { InputSequence } from "../../../signaling/input.ts";
import { inputLimits, type InputMessage } from "../../../signaling/protocol.ts";
import { RecordingSeat } from "../../fakes/recording-seat.ts";

let seat: RecordingSeat;
let input: InputSequence;
beforeEach(() => {
  vi.useFakeTimers();
  seat = new RecordingSeat();
  input = new InputSequence(seat, systemClock);
});
afterEach(() => {
  input.close();
  vi.useRealTimers();
});

const motion = (seq: number, x: number): void => {
  input.apply({ type: "motion", seq, x, y: 0 });
};

test("drops a motion that a newer motion has overtaken", () => {
  motion(1, 10);
  motion(3, 30);
  motion(2, 20);
  motion(4, 40);
  expect(seat.calls).toEqual(["motion 10,0", "motion 30,0", "motion 40,0"]);
});

test("drops a motion that a button has overtaken: it would move the pointer off the click", () => {
  input.apply({ type: "button", seq: 2, button: 1, pressed: true, x: 5, y: 6 });
  motion(1, 99);
  expect(seat.calls).toEqual(["button 1 down 5,6"]);
});

test("drops a motion that came twice", () => {
  motion(0, 1);
  motion(0, 1);
  expect(seat.calls).toEqual(["motion 1,0"]);
});

test("takes a motion that only a key has overtaken", () => {
  input.apply({ type: "key", seq: 2, keysym: 65, code: "KeyA", pressed: true });
  motion(1, 9);
  expect(seat.calls).toEqual(["key 65 KeyA down", "motion 9,0"]);
});

test("applies everything else in the order of its arrival, overtaken or not", () => {
  motion(10, 1);
  input.apply({ type: "key", seq: 2, keysym: 65, code: "KeyA", pressed: true });
  input.apply({ type: "wheel", seq: 3, dx: 0, dy: 2, x: 7, y: 8 });
  input.apply({
    type: "button",
    seq: 4,
    button: 3,
    pressed: false,
    x: 9,
    y: 9,
  });
  input.apply({ type: "release-all", seq: 5 });
  expect(seat.calls).toEqual([
    "motion 1,0",
    "key 65 KeyA down",
    "wheel 0,2 at 7,8",
    "motion 1,0",
    "button 3 up 9,9",
    "motion 1,0",
    "release all",
  ]);
});

describe("a motion that has overtaken", () => {
  const button = (seq: number, pressed: boolean, x: number): void => {
    input.apply({ type: "button", seq, button: 1, pressed, x, y: 0 });
  };

  test("a drag waits for its end, and is not undone by it", () => {
    button(1, true, 10);
    motion(4, 99);
    input.apply({ type: "path", seq: 2, points: [20, 0, 30, 0] });
    button(3, false, 30);
    expect(seat.calls).toEqual([
      "button 1 down 10,0",
      "motion 20,0",
      "motion 30,0",
      "button 1 up 30,0",
      "motion 99,0",
    ]);
  });

  test("a whole click is where the pointer ends", () => {
    motion(5, 99);
    button(1, true, 10);
    button(2, false, 10);
    expect(seat.calls).toEqual([
      "motion 99,0",
      "button 1 down 10,0",
      "button 1 up 10,0",
      "motion 99,0",
    ]);
  });

  test("is forgotten when something newer says a place", () => {
    button(1, true, 10);
    motion(2, 99);
    button(3, false, 30);
    input.apply({ type: "release-all", seq: 4 });
    expect(seat.calls.slice(1)).toEqual(["button 1 up 30,0", "release all"]);
  });

  test("counts when all is let go", () => {
    button(1, true, 10);
    motion(2, 99);
    input.apply({ type: "release-all", seq: 3 });
    expect(seat.calls.slice(1)).toEqual(["release all", "motion 99,0"]);
  });

  test("does not count for a viewer who may act no more", () => {
    button(1, true, 10);
    motion(2, 99);
    input.release();
    input.apply({ type: "text", seq: 3, text: "a" });
    expect(seat.calls.slice(1)).toEqual(["release all", "text a"]);
  });

  test("anything is where the pointer ends, whatever the order of arrival", () => {
    const clicks = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(clicks, fc.infiniteStream(fc.nat(12)), (kinds, delays) => {
        const own = new RecordingSeat();
        const sequence = new InputSequence(own, systemClock);
        const reliable: InputMessage[] = [];
        const free: InputMessage[] = [];
        let seq = 0;
        let last = "";
        for (const isClick of kinds) {
          const x = seq;
          last = `${x},0`;
          if (!isClick) free.push({ type: "motion", seq: seq++, x, y: 0 });
          else
            for (const pressed of [true, false])
              reliable.push({
                ...{ type: "button", button: 1, pressed },
                ...{ seq: seq++, x, y: 0 },
              });
        }
        // Reliable ones keep their order; each motion comes in anywhere among them.
        for (const message of free)
          reliable.splice(
            delays.next().value % (reliable.length + 1),
            0,
            message,
          );
        for (const message of reliable) sequence.apply(message);
        sequence.close();
        const moves = own.calls.flatMap(
          (call) => /(\d+,\d+)$/.exec(call)?.[1] ?? [],
        );
        expect(moves.at(-1)).toBe(last);
        expect(own.calls.filter((call) => call.startsWith("button"))).toEqual(
          kinds
            .flatMap((isClick) => (isClick ? [true, false] : []))
            .map(
              (pressed) =>
                expect.stringContaining(pressed ? "down" : "up") as string,
            ),
        );
      }),
    );
  });
});

test("moves by what the sums of a locked pointer have grown, lost messages included", () => {
  const move = (seq: number, x: number, y: number): void => {
    input.apply({ type: "motion-relative", seq, x, y });
  };
  move(1, 5, -5);
  move(4, 25, -1);
  move(3, 12, 0);
  move(5, 20, -1);
  expect(seat.calls).toEqual([
    "motion by 5,-5",
    "motion by 20,4",
    "motion by -5,0",
  ]);
});

test("passes every place of a path", () => {
  input.apply({ type: "path", seq: 1, points: [1, 2, 3, 4] });
  expect(seat.calls).toEqual(["motion 1,2", "motion 3,4"]);
});

test("types text, and presses buttons where the pointer is", () => {
  input.apply({ type: "text", seq: 1, text: "你好" });
  input.apply({ type: "button", seq: 2, button: 1, pressed: true });
  input.apply({ type: "wheel", seq: 3, dx: 0, dy: 1 });
  expect(seat.calls).toEqual([
    "text 你好",
    "button 1 down here",
    "wheel 0,1 here",
  ]);
});

describe("what is held", () => {
  const press = (code: string, seq = 1): void => {
    input.apply({ type: "key", seq, keysym: 0x61, code, pressed: true });
  };

  test("is released where the page does not know of it", () => {
    press("KeyA", 1);
    press("KeyB", 2);
    input.apply({ type: "button", seq: 3, button: 3, pressed: true });
    seat.calls.length = 0;
    input.apply({ type: "held", seq: 4, codes: ["KeyB"], buttons: [] });
    input.apply({ type: "held", seq: 5, codes: ["KeyB"], buttons: [] });
    expect(seat.calls).toEqual(["key 1 KeyA up", "button 3 up here"]);
  });

  test("stays while the page says so", () => {
    press("KeyA");
    for (let beat = 0; beat < 20; beat += 1) {
      vi.advanceTimersByTime(inputLimits.heldIntervalMs);
      input.apply({
        type: "held",
        seq: 2 + beat,
        codes: ["KeyA"],
        buttons: [],
      });
    }
    expect(seat.calls).toEqual(["key 97 KeyA down"]);
  });

  test("is released when the page falls silent, once", () => {
    press("KeyA");
    vi.advanceTimersByTime(inputLimits.heldTimeoutMs - 1);
    expect(seat.calls).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(seat.calls).toEqual(["key 97 KeyA down", "release all"]);
    vi.advanceTimersByTime(60_000);
    expect(seat.calls).toHaveLength(2);
  });

  test("is nobody's business any more after the end", () => {
    press("KeyA");
    input.close();
    vi.advanceTimersByTime(60_000);
    expect(seat.calls).toHaveLength(1);
  });
});

describe("a viewer who may not act", () => {
  test("lets go of everything at once, and holds nothing afterwards", () => {
    input.apply({
      ...{ type: "key", seq: 1, keysym: 0x61 },
      ...{ code: "KeyA", pressed: true },
    });
    input.release();
    vi.advanceTimersByTime(60_000);
    expect(seat.calls).toEqual(["key 97 KeyA down", "release all"]);
  });

  test("does not move the pointer later by what it moved meanwhile", () => {
    input.apply({ type: "motion-relative", seq: 1, x: 5, y: 5 });
    input.skip({ type: "motion-relative", seq: 2, x: 105, y: 205 });
    input.apply({ type: "motion-relative", seq: 3, x: 106, y: 207 });
    expect(seat.calls).toEqual(["motion by 5,5", "motion by 1,2"]);
  });

  test("has its older motion dropped when it may act again", () => {
    input.skip({ type: "motion", seq: 9, x: 1, y: 1 });
    input.apply({ type: "motion", seq: 8, x: 2, y: 2 });
    expect(seat.calls).toEqual([]);
  });
});
