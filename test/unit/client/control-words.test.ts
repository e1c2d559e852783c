/**
 * What a page says and offers by what it may do: to one that controls, to one that could, and to one that only looks.
 */
import { describe, expect, it } from "vitest";
import {
  clipboardReason,
  controlActions,
  controlStanding,
  effectiveMode,
} from "../../../client/src/control-words.ts";
import type { SharingState as Shown } from "../../../client/src/panel/sharing-state.ts";

describe("the clipboard", () => {
  it("is explained to those without control, whatever its rule", () => {
    expect(clipboardReason("off", false)).toMatch(/Only who controls/);
  });

  it.each(["off", "in", "out", "both"] as const)(
    "is left to its rule with control: %s",
    (policy) => {
      expect(clipboardReason(policy, true)).toBeUndefined();
    },
  );
});

describe("the screen", () => {
  it.each([
    { kind: "follow", mayControl: true, mode: "follow", disabled: [] },
    { kind: "fixed", mayControl: true, mode: "scale", disabled: [] },
    { kind: "follow", mayControl: false, mode: "scale", disabled: ["follow"] },
    { kind: "actual", mayControl: false, mode: "actual", disabled: ["follow"] },
  ] as const)(
    "is said to be as it is: $kind, with control: $mayControl",
    ({ kind, mayControl, mode, disabled }) => {
      expect(effectiveMode(kind, mayControl)).toEqual({ mode, disabled });
    },
  );
});

describe("control", () => {
  const calls: string[] = [];
  const controls = (state: Partial<Shown>) => ({
    state: {
      ...{ people: [], mayControl: true, isFree: false, mayAsk: false },
      ...{ takes: undefined, mayRelease: false, mayRemove: false },
      ...{ link: undefined, name: "" },
      ...state,
    },
    request: () => calls.push("request"),
    take: () => calls.push("take"),
  });
  const other = {
    ...{ id: "b", name: "Bob", isSelf: false, hasControl: true, asks: false },
    ...{ mayGive: false, mayRefuse: false },
  };

  it("can be asked for and taken from a notice", () => {
    const actions = controlActions(
      controls({ mayAsk: true, takes: "exclusive" }),
    );
    expect(actions.map(({ label }) => label)).toEqual([
      "Ask for control",
      "Take control",
    ]);
    for (const { run } of actions) run();
    expect(calls).toEqual(["request", "take"]);
  });

  it("is not offered to those who can have none", () => {
    expect(controlActions(controls({ mayControl: false }))).toEqual([]);
  });

  it.each([
    {
      state: { isConnected: true, mayControl: false },
      shown: { people: [other] },
      words: "Somebody else controls the session.",
    },
    {
      state: { isConnected: true, mayControl: false },
      shown: { people: [other], mayControl: false },
      words: "You can look at this session.",
    },
    { state: { isConnected: true, mayControl: true }, shown: {} },
    { state: { isConnected: false, mayControl: false }, shown: {} },
  ])("is said to be whose it is: $words", ({ state, shown, words }) => {
    expect(
      controlStanding({ ...state, role: "controller" }, controls(shown)),
    ).toBe(words);
  });
});
