import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import {
  combinationList,
  combinations,
} from "../../../client/src/key-combinations.ts";
import {
  isForInputMethod,
  readLocks,
  type KeyReading,
} from "../../../client/src/key-events.ts";
import { KeyGate, keyHoldMs } from "../../../client/src/key-gate.ts";

function reading(
  options: Partial<KeyReading> & { locks?: readonly string[] } = {},
): KeyReading {
  const { locks = [], ...rest } = options;
  return {
    ...{ altKey: false, ctrlKey: false, metaKey: false, shiftKey: false },
    ...{ code: "KeyA", key: "a", keyCode: 65, isComposing: false },
    getModifierState: (name) => locks.includes(name),
    ...rest,
  };
}

test.each([
  ["a key", {}, false],
  ["a key within a composition", { isComposing: true }, true],
  ["a key that was taken", { key: "Process" }, true],
  ["a key that was taken, as older browsers say it", { keyCode: 229 }, true],
  ["a dead key", { key: "Dead" }, true],
])("%s is for an input method: %s", (_title, options, expected) => {
  expect(isForInputMethod(reading(options))).toBe(expected);
});

test("locks are read, but not at the keys that change them, and Num Lock where there is one", () => {
  expect(readLocks(reading({ locks: ["CapsLock"] }), true)).toEqual({
    capsLock: true,
    numLock: false,
  });
  expect(readLocks(reading(), false)).toEqual({ capsLock: false });
  expect(readLocks(reading({ key: "CapsLock" }), true)).toBeUndefined();
});

test("combinations have labels of their own and keys of X11", () => {
  const labels = combinationList.map(({ label }) => label);
  expect(new Set(labels).size).toBe(labels.length);
  for (const { keysyms } of Object.values(combinations))
    for (const keysym of keysyms) {
      expect(keysym).toBeGreaterThan(0);
      expect(keysym).toBeLessThanOrEqual(0xffff);
    }
});

describe("the gate of typing", () => {
  let sent: string[];
  let gate: KeyGate;
  const type = (code: string): void => {
    gate.key(code.charCodeAt(0), code, true);
  };
  const control = { keysym: 0xffe3, code: "ControlLeft" };
  const paste = { modifiers: [control], key: { keysym: 0x76, code: "KeyV" } };
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    gate = new KeyGate((_keysym, code, pressed) => {
      sent.push(`${pressed ? "+" : "-"}${code}`);
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("holds keys and texts until a paste is there, presses its keys, and keeps the order", () => {
    type("a");
    const end = gate.hold();
    type("b");
    gate.pass(() => sent.push("text"));
    expect(sent).toEqual(["+a"]);
    end(paste);
    type("c");
    const pressed = ["+ControlLeft", "+KeyV", "-KeyV", "-ControlLeft"];
    expect(sent).toEqual(["+a", ...pressed, "+b", "text", "+c"]);
  });

  it("leaves modifiers that are held as they are", () => {
    gate.key(control.keysym, control.code, true);
    gate.hold()(paste);
    expect(sent).toEqual(["+ControlLeft", "+KeyV", "-KeyV"]);
  });

  it("opens after a paste that failed, and after its deadline", () => {
    const fail = gate.hold();
    type("a");
    fail(undefined);
    expect(sent).toEqual(["+a"]);
    gate.hold();
    type("b");
    vi.advanceTimersByTime(keyHoldMs - 1);
    expect(sent).toEqual(["+a"]);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual(["+a", "+b"]);
  });

  it("lets everything through rather than keep more than its bound", () => {
    gate.hold();
    for (let key = 0; key < 300; key += 1) type("x");
    expect(sent.length).toBeGreaterThan(250);
  });
});
