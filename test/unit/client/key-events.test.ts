import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import {
  combinationList,
  combinations,
} from "../../../client/src/key-combinations.ts";
import {
  isForInputMethod,
  isPasteChord,
  readLocks,
  type KeyReading,
} from "../../../client/src/key-events.ts";
import { KeyGate } from "../../../client/src/key-gate.ts";

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

test.each([
  ["Control and V", { ctrlKey: true, key: "v" }, true],
  ["Control, Shift and V", { ctrlKey: true, shiftKey: true, key: "V" }, true],
  ["Command and V", { metaKey: true, key: "v" }, true],
  ["Shift and Insert", { shiftKey: true, code: "Insert", key: "Insert" }, true],
  ["AltGr and V", { ctrlKey: true, altKey: true, key: "v" }, false],
  ["V", { key: "v" }, false],
  ["Insert", { code: "Insert", key: "Insert" }, false],
])("%s pastes: %s", (_title, options, expected) => {
  expect(isPasteChord(reading(options))).toBe(expected);
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
  const pass = (word: string): void => {
    gate.pass(() => sent.push(word));
  };
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    gate = new KeyGate();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("holds keys until what comes first is done, and keeps their order", async () => {
    const first = Promise.withResolvers<undefined>();
    pass("a");
    gate.hold(first.promise);
    pass("v");
    pass("b");
    expect(sent).toEqual(["a"]);
    first.resolve(undefined);
    await vi.advanceTimersByTimeAsync(0);
    pass("c");
    expect(sent).toEqual(["a", "v", "b", "c"]);
  });

  it("opens after a failure, and after its deadline", async () => {
    gate.hold(Promise.reject(new Error("no clipboard")));
    pass("a");
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual(["a"]);
    gate.hold(new Promise(() => undefined));
    pass("b");
    await vi.advanceTimersByTimeAsync(1_499);
    expect(sent).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toEqual(["a", "b"]);
  });

  it("lets everything through rather than keep more than its bound", () => {
    gate.hold(new Promise(() => undefined));
    for (let key = 0; key < 300; key += 1) pass("x");
    expect(sent.length).toBeGreaterThan(250);
  });
});
