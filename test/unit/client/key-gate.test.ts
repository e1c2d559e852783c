import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { usualPaste } from "../../../client/src/clipboard-keys.ts";
import { KeyGate, keyHoldMs } from "../../../client/src/key-gate.ts";

let sent: string[];
let gate: KeyGate;

const [control, shift, letterV, superKey] = [0xffe3, 0xffe1, 0x76, 0xffeb];

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  gate = new KeyGate((keysym, _code, pressed) => {
    sent.push(`${keysym.toString(16)}${pressed ? "+" : "-"}`);
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const type = (character: string): void => {
  const keysym = character.charCodeAt(0);
  gate.key(keysym, `Key${character.toUpperCase()}`, true);
  gate.key(keysym, `Key${character.toUpperCase()}`, false);
};

describe("keys", () => {
  it("pass at once while nothing is pasted", () => {
    type("a");
    expect(sent).toEqual(["61+", "61-"]);
  });

  it("wait behind a paste, and come after its keys", () => {
    const end = gate.hold();
    type("a");
    gate.pass(() => sent.push("text"));
    expect(sent).toEqual([]);
    end(usualPaste);
    expect(sent).toEqual(
      ["ffe3+", "76+", "76-", "ffe3-"].concat("61+", "61-", "text"),
    );
  });

  it("wait for the last of several pastes", () => {
    const [first, second] = [gate.hold(), gate.hold()];
    type("a");
    first(undefined);
    expect(sent).toEqual([]);
    second(undefined);
    second(usualPaste); // Over already.
    expect(sent).toEqual(["61+", "61-"]);
  });

  it("wait for a moment only, and not again for the same paste", () => {
    const end = gate.hold();
    type("a");
    vi.advanceTimersByTime(keyHoldMs);
    expect(sent).toEqual(["61+", "61-"]);
    type("b");
    expect(sent.slice(2)).toEqual(["62+", "62-"]);
    end(usualPaste);
    expect(sent.slice(4)).toEqual(["ffe3+", "76+", "76-", "ffe3-"]);
  });

  it("that nobody could have pressed in that time end the wait", () => {
    gate.hold();
    for (let key = 0; key < 129; key += 1) type("a");
    expect(sent).toHaveLength(258);
    gate.released();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the keys of a paste", () => {
  it("use modifiers that are held, and leave them so", () => {
    gate.key(control, "ControlLeft", true);
    gate.hold()(usualPaste);
    expect(sent).toEqual(["ffe3+", "76+", "76-"]);
  });

  it("are pressed without those that would spoil them", () => {
    gate.key(superKey, "MetaLeft", true);
    gate.hold()({ ...usualPaste, without: ["MetaLeft", "MetaRight"] });
    expect(sent).toEqual(
      ["ffeb+", "ffeb-"].concat("ffe3+", "76+", "76-", "ffe3-"),
    );
    gate.hold()({ ...usualPaste, without: ["MetaLeft", "MetaRight"] });
    expect(sent.slice(6)).toEqual(["ffe3+", "76+", "76-", "ffe3-"]);
  });

  it("press all modifiers again once everything was let go", () => {
    gate.key(control, "ControlLeft", true);
    gate.released();
    gate.hold()({
      modifiers: [
        { keysym: control, code: "ControlLeft" },
        { keysym: shift, code: "ShiftLeft" },
      ],
      key: { keysym: letterV, code: "KeyV" },
    });
    expect(sent.slice(1)).toEqual(
      ["ffe3+", "ffe1+"].concat("76+", "76-", "ffe1-", "ffe3-"),
    );
  });
});

it("keeps the order of keys, whatever is pasted between them", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("key" as const) }),
      fc.record({ kind: fc.constant("hold" as const) }),
      fc.record({ kind: fc.constant("end" as const), which: fc.nat(4) }),
      fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(600) }),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const passed: number[] = [];
      const own = new KeyGate(() => undefined);
      const pastes: (() => void)[] = [];
      let keys = 0;
      for (const step of all) {
        if (step.kind === "key") {
          const key = keys;
          keys += 1;
          own.pass(() => passed.push(key));
        } else if (step.kind === "hold") {
          const end = own.hold();
          pastes.push(() => {
            end(undefined);
          });
        } else if (step.kind === "end") pastes[step.which]?.();
        else vi.advanceTimersByTime(step.ms);
      }
      vi.advanceTimersByTime(keyHoldMs);
      expect(passed).toEqual(Array.from({ length: keys }, (_, key) => key));
    }),
  );
});
