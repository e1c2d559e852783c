import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  KeyboardInjector,
  maxKeysPerSeat,
  type SeatKeys,
} from "../../../agent/x11/keyboard-injector.ts";
import { Keymap } from "../../../agent/x11/keymap.ts";
import { recycleAfterMs } from "../../../agent/x11/spare-keycodes.ts";
import { keycodes, testMap } from "../../fixtures/x11-us-mapping.ts";

/** A server that only notes what it is told; "+38" is a press, "-38" a release, "=93:…" a new row. */
function setUp(): {
  keyboard: KeyboardInjector;
  events: string[];
  down: Set<number>;
  seat: () => SeatKeys;
} {
  const events: string[] = [];
  const down = new Set<number>();
  const keyboard = new KeyboardInjector(
    {
      fakeKey: (keycode, pressed) => {
        events.push(`${pressed ? "+" : "-"}${keycode}`);
        // A key that is down takes no press, and a key that is up no release: either is a defect.
        expect(down.has(keycode)).toBe(!pressed);
        if (pressed) down.add(keycode);
        else down.delete(keycode);
      },
      setRows: (first, rows) => {
        rows.forEach((row, index) => {
          const keycode = first + index;
          expect(down.has(keycode)).toBe(false);
          const words = row.map((k) => k.toString(16)).join(" ");
          events.push(`=${keycode}:${words}`);
        });
      },
      setLocks: (mask, locked) => {
        events.push(`~${mask}:${locked}`);
      },
    },
    new Keymap(testMap({ level3: true })),
  );
  return { keyboard, events, down, seat: () => new Map() };
}

const {
  a,
  control,
  minus,
  one,
  q,
  shiftL,
  shiftR,
  altGr,
  spareHigh,
  spareLow,
} = keycodes;

describe("keys", () => {
  test("presses and releases by the physical key", () => {
    const { keyboard, events, seat } = setUp();
    const keys = seat();
    keyboard.press(keys, { keysym: 0x61, code: "KeyA" }, 0);
    keyboard.press(keys, { keysym: 0x61, code: "KeyA" }, 1);
    keyboard.release(keys, "KeyB", 2);
    keyboard.release(keys, "KeyA", 3);
    keyboard.release(keys, "KeyA", 4);
    expect(events).toEqual([`+${a}`, `-${a}`]);
  });

  test("fakes Shift around a key and strikes it", () => {
    const { keyboard, events, seat } = setUp();
    const keys = seat();
    keyboard.press(keys, { keysym: 0x21, code: "Digit1" }, 0);
    keyboard.release(keys, "Digit1", 1);
    expect(events).toEqual([`+${shiftL}`, `+${one}`, `-${one}`, `-${shiftL}`]);
  });

  test("lets go of each held Shift around a key that must not have it", () => {
    const { keyboard, events, seat } = setUp();
    const keys = seat();
    keyboard.press(keys, { keysym: 0xffe1, code: "ShiftLeft" }, 0);
    keyboard.press(keys, { keysym: 0xffe2, code: "ShiftRight" }, 0);
    events.length = 0;
    keyboard.press(keys, { keysym: 0x40, code: "KeyQ" }, 1);
    expect(events).toEqual([
      `-${shiftL}`,
      `-${shiftR}`,
      `+${altGr}`,
      `+${q}`,
      `-${q}`,
      `-${altGr}`,
      `+${shiftR}`,
      `+${shiftL}`,
    ]);
  });

  test("a second viewer's letter is typed, and the key stays down for the first", () => {
    const { keyboard, events, seat } = setUp();
    const [first, second] = [seat(), seat()];
    keyboard.press(first, { keysym: 0x61, code: "KeyA" }, 0);
    keyboard.press(second, { keysym: 0x61, code: "KeyA" }, 1);
    keyboard.release(first, "KeyA", 2);
    expect(events).toEqual([`+${a}`, `-${a}`, `+${a}`]);
    keyboard.release(second, "KeyA", 3);
    expect(events.at(-1)).toBe(`-${a}`);
  });

  test("follows Caps Lock as the server tells it", () => {
    const { keyboard, events, seat } = setUp();
    keyboard.adoptState({ modifiers: 2, group: 0 });
    keyboard.press(seat(), { keysym: 0x41, code: "KeyA" }, 0);
    expect(events).toEqual([`+${a}`]);
  });

  test("unlocks Caps Lock around a key that has no level for it otherwise", () => {
    const { keyboard, events, seat } = setUp();
    keyboard.adoptState({ modifiers: 2, group: 0 });
    keyboard.press(seat(), { keysym: 0xdf, code: "Minus" }, 0);
    expect(events).toEqual(["~2:0", `+${minus}`, `-${minus}`, "~2:2"]);
  });

  test("brings the locks into the viewer's state, once", () => {
    const { keyboard, events } = setUp();
    expect(keyboard.setLocks({ capsLock: true, numLock: true })).toBe(true);
    expect(keyboard.setLocks({ capsLock: true, numLock: true })).toBe(false);
    expect(keyboard.setLocks({ capsLock: false })).toBe(true);
    expect(events).toEqual(["~18:18", "~2:0"]);
  });

  test("takes a letter of another alphabet for the Latin one on its key while Control is held", () => {
    const { keyboard, events, seat } = setUp();
    const keys = seat();
    const cyrillicF = 0x0100_0444;
    keyboard.press(keys, { keysym: 0xffe5, code: "CapsLock" }, 0);
    keyboard.release(keys, "CapsLock", 0);
    events.length = 0;
    keyboard.press(keys, { keysym: 0xffe3, code: "ControlLeft" }, 0);
    keyboard.press(keys, { keysym: cyrillicF, code: "KeyA" }, 0);
    expect(events).toEqual([`+${control}`, `+${a}`]);
  });

  test("lends keycodes to all rare characters of a text before the first is typed", () => {
    const { keyboard, events, seat } = setUp();
    const text = [0x0100_2600, 0x61, 0x0100_2601, 0x0100_2600];
    keyboard.prepare(text, 0);
    const lent = events.splice(0);
    expect(lent.map((event) => event.slice(0, 4))).toEqual([
      `=${spareLow}:`,
      `=${spareHigh}`,
    ]);
    for (const keysym of text) {
      const keys = seat();
      keyboard.press(keys, { keysym, code: "" }, 0);
      keyboard.releaseAll(keys, 0);
    }
    expect(events.filter((event) => event.startsWith("="))).toEqual([]);
    expect(events).toHaveLength(8);
  });

  test("a viewer cannot hold more keys than the bound", () => {
    const { keyboard, seat } = setUp();
    const keys = seat();
    for (let index = 0; index < maxKeysPerSeat; index += 1)
      keyboard.press(keys, { keysym: 0x61, code: `key${index}` }, 0);
    expect(keyboard.press(keys, { keysym: 0x61, code: "more" }, 0)).toEqual({
      kind: "dropped",
      reason: "too-many-keys",
    });
  });
});

describe("symbols that no key has", () => {
  const type = (
    keyboard: KeyboardInjector,
    keys: SeatKeys,
    keysym: number,
    nowMs: number,
  ): string => {
    const result = keyboard.press(keys, { keysym, code: "x" }, nowMs);
    keyboard.release(keys, "x", nowMs);
    return result.kind;
  };

  test("are lent a keycode before they are pressed, and find it again", () => {
    const { keyboard, events, seat } = setUp();
    const keys = seat();
    type(keyboard, keys, 0x20ac, 0);
    type(keyboard, keys, 0x20ac, 1);
    expect(events).toEqual([
      `=${spareHigh}:10020ac 10020ac 10020ac 10020ac`,
      `+${spareHigh}`,
      `-${spareHigh}`,
      `+${spareHigh}`,
      `-${spareHigh}`,
    ]);
  });

  test("wait until the keycode used longest ago was quiet, and take that one", () => {
    const { keyboard, events, seat } = setUp();
    const keys = seat();
    type(keyboard, keys, 0x0100_2600, 0);
    type(keyboard, keys, 0x0100_2601, 10);
    expect(
      keyboard.press(keys, { keysym: 0x0100_2602, code: "x" }, 20),
    ).toEqual({ kind: "wait", untilMs: recycleAfterMs });
    events.length = 0;
    expect(type(keyboard, keys, 0x0100_2602, recycleAfterMs)).toBe("done");
    expect(events[0]).toMatch(new RegExp(`^=${spareHigh}:`));
  });

  test("never take a keycode that is held", () => {
    const { keyboard, seat } = setUp();
    const keys = seat();
    keyboard.press(keys, { keysym: 0x0100_2600, code: "1" }, 0);
    keyboard.press(keys, { keysym: 0x0100_2601, code: "2" }, 0);
    expect(type(keyboard, keys, 0x0100_2602, 10_000)).toBe("dropped");
    keyboard.release(keys, "2", 10_000);
    expect(type(keyboard, keys, 0x0100_2602, 20_000)).toBe("done");
  });

  test("survive a map that was read before they were lent, not one that lacks them", () => {
    const { keyboard, events, seat } = setUp();
    const keys = seat();
    const revision = keyboard.revision;
    type(keyboard, keys, 0x20ac, 0);
    keyboard.adoptKeymap(new Keymap(testMap()), revision);
    events.length = 0;
    type(keyboard, keys, 0x20ac, 1);
    expect(events).toEqual([`+${spareHigh}`, `-${spareHigh}`]);
    keyboard.adoptKeymap(new Keymap(testMap()), keyboard.revision);
    events.length = 0;
    type(keyboard, keys, 0x20ac, 1000);
    expect(events[0]).toMatch(/^=/);
  });

  test("give their keycodes back", () => {
    const { keyboard, events, seat } = setUp();
    type(keyboard, seat(), 0x20ac, 0);
    events.length = 0;
    keyboard.returnLentKeycodes();
    expect(events).toEqual([`=${spareHigh}:0 0 0 0`]);
    expect(spareLow).toBeLessThan(spareHigh);
  });
});

test("nothing stays down after any presses and releases of several viewers who then leave", () => {
  const keysym = fc.constantFrom(
    ...[0x61, 0x41, 0x31, 0x21, 0x40, 0x3c, 0xffe1, 0xffe2, 0xffe5, 0xfe03],
    ...[0xff09, 0xffb7, 0x20ac, 0x6c1, 0x0101_f600, 0x0100_2600],
  );
  const step = fc.record({
    seat: fc.nat(2),
    keysym,
    code: fc.constantFrom("KeyA", "KeyB", "KeyC", "ShiftLeft"),
    action: fc.constantFrom("press", "press", "release", "leave"),
    capsLock: fc.boolean(),
    afterMs: fc.nat(200),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { keyboard, down, seat } = setUp();
      const seats = [seat(), seat(), seat()];
      let nowMs = 0;
      for (const { seat: index, action, code, ...rest } of steps) {
        const keys = seats[index];
        if (!keys) throw new Error("no such seat");
        nowMs += rest.afterMs;
        keyboard.adoptState({ modifiers: rest.capsLock ? 2 : 0, group: 0 });
        if (action === "press")
          keyboard.press(keys, { keysym: rest.keysym, code }, nowMs);
        else if (action === "release") keyboard.release(keys, code, nowMs);
        else keyboard.releaseAll(keys, nowMs);
      }
      for (const keys of seats) keyboard.releaseAll(keys, nowMs);
      expect([...down]).toEqual([]);
      expect(keyboard.holdsKeys).toBe(false);
    }),
    { numRuns: 500 },
  );
});
