import fc from "fast-check";
import { expect, test } from "vitest";
import {
  longPressMs,
  TouchGestures,
  type TouchAction,
  type TouchMode,
} from "../../../client/src/touch-gestures.ts";

const at = (x: number, y: number): { x: number; y: number } => ({ x, y });

/** "down 1 10,20 @0" and so on; what comes of it as words. */
function play(mode: TouchMode, ...steps: string[]): string[] {
  const gestures = new TouchGestures();
  gestures.mode = mode;
  return steps.flatMap((step) => {
    const [verb = "", id = "0", place = "0,0", time = "@0"] = step.split(" ");
    const [x = 0, y = 0] = place.split(",").map(Number);
    const nowMs = Number(time.slice(1));
    switch (verb) {
      case "down":
        return gestures.down(Number(id), at(x, y), nowMs).map(words);
      case "move":
        return gestures.move(Number(id), at(x, y)).map(words);
      case "up":
        return gestures.up(Number(id), nowMs).map(words);
      case "cancel":
        return gestures.cancel(Number(id)).map(words);
      default:
        return gestures.tick(nowMs).map(words);
    }
  });
}

function words(action: TouchAction): string {
  switch (action.kind) {
    case "move":
      return `move ${action.to.x},${action.to.y}`;
    case "move-by":
      return `by ${action.dx},${action.dy}`;
    case "press":
    case "release": {
      const { place } = action;
      const where = place === undefined ? "" : ` ${place.x},${place.y}`;
      return `${action.kind} ${action.button}${where}`;
    }
    case "scroll":
      return `scroll ${action.dx},${action.dy}`;
    case "zoom":
      return `zoom ${action.notches.toFixed(1)}`;
  }
}

test.each<[string, TouchMode, string[], string[]]>([
  [
    "a tap clicks where it began",
    "direct",
    ["down 1 50,60 @0", "move 1 53,60 @50", "up 1 53,60 @100"],
    ["press 1 50,60", "release 1 50,60"],
  ],
  [
    "a long rest is the right button, and its end nothing",
    "direct",
    ["down 1 50,60 @0", "tick - - @499", "tick - - @500", "up 1 50,60 @900"],
    ["press 3 50,60", "release 3 50,60"],
  ],
  [
    "a move drags from where it began",
    "direct",
    [
      "down 1 50,60 @0",
      "move 1 70,60 @20",
      "move 1 90,60 @40",
      "up 1 90,60 @60",
    ],
    ["press 1 50,60", "move 70,60", "move 90,60", "release 1 90,60"],
  ],
  [
    "a finger that the system takes away lets go",
    "direct",
    ["down 1 50,60 @0", "move 1 70,60 @20", "cancel 1"],
    ["press 1 50,60", "move 70,60", "release 1"],
  ],
  [
    "a second finger ends a drag",
    "direct",
    ["down 1 50,60 @0", "move 1 70,60 @20", "down 2 90,90 @30", "up 1", "up 2"],
    ["press 1 50,60", "move 70,60", "release 1 70,60"],
  ],
  [
    "two fingers up scroll down",
    "direct",
    [
      ...["down 1 0,100 @0", "down 2 50,100 @10"],
      ...["move 1 0,80 @20", "move 2 50,80 @20", "move 1 0,60 @30"],
    ],
    ["scroll 0,30", "scroll 0,15"],
  ],
  [
    "two fingers apart zoom in",
    "direct",
    ["down 1 100,0 @0", "down 2 200,0 @10", "move 2 230,0 @20"],
    ["zoom 1.9"],
  ],
  [
    "a tap of two is the right button",
    "direct",
    ["down 1 10,10 @0", "down 2 60,10 @10", "up 1 10,10 @90", "up 2 60,10 @99"],
    ["press 3 10,10", "release 3 10,10"],
  ],
  [
    "a trackpad moves by distances and taps where the pointer is",
    "trackpad",
    [
      ...["down 1 50,60 @0", "move 1 70,60 @20", "up 1 70,60 @40"],
      ...["down 1 0,0 @900", "up 1 0,0 @950"],
    ],
    ["by 20,0", "press 1", "release 1"],
  ],
  [
    "a trackpad drags after a tap",
    "trackpad",
    [
      ...["down 1 50,60 @0", "up 1 50,60 @50"],
      ...["down 1 50,60 @150", "move 1 80,60 @200", "up 1 80,60 @250"],
    ],
    ["press 1", "release 1", "press 1", "by 30,0", "release 1"],
  ],
])("%s", (_title, mode, steps, actions) => {
  expect(play(mode, ...steps)).toEqual(actions);
});

test("is due when a long press is, and not otherwise", () => {
  const gestures = new TouchGestures();
  expect(gestures.dueMs).toBeUndefined();
  gestures.down(1, at(0, 0), 100);
  expect(gestures.dueMs).toBe(100 + longPressMs);
  gestures.move(1, at(50, 0));
  expect(gestures.dueMs).toBeUndefined();
});

test("whatever fingers do, what they press they let go, once all are up", () => {
  const step = fc.record({
    verb: fc.constantFrom("down", "move", "move", "up", "cancel", "tick"),
    id: fc.nat(2),
    x: fc.nat(300),
    y: fc.nat(300),
    afterMs: fc.nat(300),
  });
  fc.assert(
    fc.property(
      fc.constantFrom<TouchMode>("direct", "trackpad"),
      fc.array(step, { maxLength: 80 }),
      (mode, steps) => {
        const gestures = new TouchGestures();
        gestures.mode = mode;
        const held = new Set<number>();
        const down = new Set<number>();
        let nowMs = 0;
        const take = (actions: readonly TouchAction[]): void => {
          for (const action of actions) {
            if (action.kind === "press") {
              expect(held.has(action.button)).toBe(false);
              held.add(action.button);
            } else if (action.kind === "release") {
              expect(held.delete(action.button)).toBe(true);
            }
          }
        };
        for (const { verb, id, x, y, afterMs } of steps) {
          nowMs += afterMs;
          if (verb === "down" && !down.has(id)) {
            down.add(id);
            take(gestures.down(id, at(x, y), nowMs));
          } else if (verb === "move") take(gestures.move(id, at(x, y)));
          else if (verb === "tick") take(gestures.tick(nowMs));
          else if (verb === "up") {
            down.delete(id);
            take(gestures.up(id, nowMs));
          } else if (verb === "cancel") {
            down.delete(id);
            take(gestures.cancel(id));
          }
        }
        for (const id of down) take(gestures.up(id, nowMs));
        expect([...held]).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});
