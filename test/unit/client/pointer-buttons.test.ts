import { beforeEach, describe, expect, it } from "vitest";
import { PointerButtons } from "../../../client/src/pointer-buttons.ts";

let buttons: PointerButtons;
beforeEach(() => {
  buttons = new PointerButtons();
});

describe("pointer buttons", () => {
  it.each([
    [1, 1],
    [2, 3],
    [4, 2],
    [8, 8],
    [16, 9],
  ])("names bit %i of the browser as X11 button %i", (bit, button) => {
    expect(buttons.update(bit, true)).toEqual([{ button, pressed: true }]);
    expect(buttons.update(0, false)).toEqual([{ button, pressed: false }]);
  });

  it("finds a second button that went down during a drag", () => {
    buttons.update(1, true);
    expect(buttons.update(3, false)).toEqual([{ button: 3, pressed: true }]);
    expect(buttons.update(2, false)).toEqual([{ button: 1, pressed: false }]);
    expect(buttons.anyHeld).toBe(true);
  });

  it("ignores a drag that began outside, and takes the next press", () => {
    expect(buttons.update(1, false)).toEqual([]);
    expect(buttons.update(1, true)).toEqual([]);
    expect(buttons.update(0, true)).toEqual([]);
    expect(buttons.update(1, true)).toEqual([{ button: 1, pressed: true }]);
  });

  it("does not press again what was released for it", () => {
    buttons.update(1, true);
    buttons.releaseAll();
    expect(buttons.anyHeld).toBe(false);
    expect(buttons.update(1, true)).toEqual([]);
    expect(buttons.update(0, true)).toEqual([]);
    expect(buttons.update(1, true)).toEqual([{ button: 1, pressed: true }]);
  });
});
