import { expect, test } from "vitest";
import { StreamSpaceError } from "../../../../agent/base/errors.ts";
import { RfbInput } from "../../../../signaling/vnc/rfb-input.ts";
import { RecordingSeat } from "../../../fakes/recording-seat.ts";

function world(): { input: RfbInput; seat: RecordingSeat; troubles: string[] } {
  const seat = new RecordingSeat();
  const troubles: string[] = [];
  const input = new RfbInput(seat, (reason) => troubles.push(reason));
  return { input, seat, troubles };
}

test("presses and releases keys by their keysyms", () => {
  const { input, seat } = world();
  input.key(0x61, 0, true);
  input.key(0x61, 0, true); // The client's own repeat.
  input.key(0x61, 0, false);
  expect(seat.calls).toEqual([
    "key 97 rfb-keysym-97 down",
    "key 97 rfb-keysym-97 down",
    "key 97 rfb-keysym-97 up",
  ]);
});

test.each([
  ["A", 0x41, 0x61],
  ["a", 0x61, 0x41],
  ["É", 0xc9, 0xe9],
  ["ÿ", 0xff, 0x0100_0178],
  ["Ж", 0x0100_0416, 0x0100_0436],
])("releases %s by its other case", (_name, pressed, released) => {
  const { input, seat } = world();
  input.key(pressed, 0, true);
  input.key(released, 0, false);
  expect(seat.calls.at(-1)).toBe(`key ${released} rfb-keysym-${pressed} up`);
});

test("tells keys apart by the codes of QEMU's events", () => {
  const { input, seat } = world();
  input.key(0xff0d, 28, true);
  input.key(0xff0d, 156, true);
  input.key(0xff0d, 156, false);
  expect(seat.calls).toEqual([
    "key 65293 rfb-28 down",
    "key 65293 rfb-156 down",
    "key 65293 rfb-156 up",
  ]);
});

test("leaves out releases of what is not held, keysyms that are none, and more keys than hands have", () => {
  const { input, seat } = world();
  input.key(0x61, 0, false);
  input.key(0, 30, true);
  input.key(0xffff_ffff, 30, true);
  expect(seat.calls).toEqual([]);
  for (let keysym = 1; keysym <= 100; keysym += 1)
    input.key(keysym + 0x100, 0, true);
  expect(seat.calls).toHaveLength(64);
});

test("turns masks into buttons and notches", () => {
  const { input, seat } = world();
  input.pointer(0, 1, 2);
  input.pointer(0x01, 1, 2);
  input.pointer(0x85, 3, 4);
  input.pointer(0x08, 5, 6);
  input.pointer(0, 5, 6);
  input.pointer(0x40, 5, 6);
  expect(seat.calls).toEqual([
    "motion 1,2",
    ...["motion 1,2", "button 1 down 1,2"],
    ...["motion 3,4", "button 3 down 3,4", "button 8 down 3,4"],
    ...["motion 5,6", "button 1 up 5,6", "button 3 up 5,6"],
    ...["button 8 up 5,6", "wheel 0,-1 at 5,6"],
    "motion 5,6",
    ...["motion 5,6", "wheel 1,0 at 5,6"],
  ]);
});

test("releases everything once when the client may act no more, and closes its seat", () => {
  const { input, seat } = world();
  input.releaseAll();
  input.key(0x61, 0, true);
  input.releaseAll();
  input.releaseAll();
  input.close();
  expect(seat.calls.slice(1)).toEqual(["release all", "close"]);
});

test("goes on without a display", () => {
  const { input, seat, troubles } = world();
  seat.failure = new StreamSpaceError("display-unreachable", "it ended");
  input.key(0x61, 0, true);
  expect(troubles).toEqual(["display-unreachable: it ended"]);
});
