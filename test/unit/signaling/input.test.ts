import { beforeEach, expect, test } from "vitest";
import { InputSequence } from "../../../signaling/input.ts";
import { RecordingSeat } from "../../fakes/recording-seat.ts";

let seat: RecordingSeat;
let input: InputSequence;
beforeEach(() => {
  seat = new RecordingSeat();
  input = new InputSequence(seat);
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
    "button 3 up 9,9",
    "release all",
  ]);
});
