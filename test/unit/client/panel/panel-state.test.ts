import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  activeSection,
  emptyPanel,
  nextPanel,
  type PanelEvent,
  type PanelState,
} from "../../../../client/src/panel/panel-state.ts";

function after(events: readonly PanelEvent[], wanted = "quality"): PanelState {
  return events.reduce(nextPanel, emptyPanel(wanted));
}

function added(...sections: readonly string[]): PanelEvent[] {
  return sections.map((section) => ({ type: "added", section }));
}

describe("the sections of the panel", () => {
  it("have an order of their own, unknown ones before the last", () => {
    const state = after(
      added("about", "custom", "sharing", "sound", "quality", "other"),
    );
    expect(state.sections).toEqual([
      "quality",
      "sound",
      "sharing",
      "custom",
      "other",
      "about",
    ]);
  });

  it("are there once", () => {
    const state = after(added("sound"));
    expect(nextPanel(state, { type: "added", section: "sound" })).toBe(state);
  });

  it("show the remembered one, also where it comes later", () => {
    const without = after(added("quality", "sound"), "sharing");
    expect(activeSection(without)).toBe("quality");
    const withIt = nextPanel(without, { type: "added", section: "sharing" });
    expect(activeSection(withIt)).toBe("sharing");
  });

  it("show the first where the shown one goes, and it again when it is back", () => {
    const state = after([
      ...added("quality", "files"),
      { type: "select", section: "files" },
      { type: "removed", section: "files" },
    ]);
    expect(activeSection(state)).toBe("quality");
    expect(
      activeSection(nextPanel(state, { type: "added", section: "files" })),
    ).toBe("files");
  });

  it("are none in the beginning", () => {
    expect(activeSection(emptyPanel("quality"))).toBeUndefined();
    const state = emptyPanel("quality");
    expect(nextPanel(state, { type: "move", to: "next" })).toBe(state);
    expect(nextPanel(state, { type: "select", section: "sound" })).toBe(state);
    expect(nextPanel(state, { type: "removed", section: "sound" })).toBe(state);
  });

  it.each([
    { from: "quality", to: "next", shown: "sound" },
    { from: "about", to: "next", shown: "quality" },
    { from: "quality", to: "previous", shown: "about" },
    { from: "sound", to: "previous", shown: "quality" },
    { from: "sound", to: "first", shown: "quality" },
    { from: "sound", to: "last", shown: "about" },
  ] as const)("$from, moved $to, is $shown", ({ from, to, shown }) => {
    const state = after([
      ...added("quality", "sound", "about"),
      { type: "select", section: from },
      { type: "move", to },
    ]);
    expect(activeSection(state)).toBe(shown);
  });
});

describe("the panel", () => {
  it.each<{ events: PanelEvent[]; open: boolean }>([
    { events: [], open: false },
    { events: [{ type: "open" }], open: true },
    { events: [{ type: "open" }, { type: "close" }], open: false },
    { events: [{ type: "toggle" }], open: true },
    { events: [{ type: "toggle" }, { type: "toggle" }], open: false },
  ])("after $events is open: $open", ({ events, open }) => {
    expect(after(events).open).toBe(open);
  });

  it("opens at the section that is asked for", () => {
    const state = after([
      ...added("quality", "sound"),
      { type: "open", section: "sound" },
    ]);
    expect(activeSection(state)).toBe("sound");
  });

  it("says by the same object that nothing changed", () => {
    const closed = after([]);
    expect(nextPanel(closed, { type: "close" })).toBe(closed);
    const open = after([{ type: "open" }]);
    expect(nextPanel(open, { type: "open" })).toBe(open);
  });

  it("always shows one of its sections, where it has any", () => {
    const section = fc.constantFrom("quality", "sound", "x", "about");
    const event = fc.oneof(
      fc.record({
        type: fc.constantFrom("added", "removed", "select", "open"),
        section,
      }),
      fc.record({
        type: fc.constant("move"),
        to: fc.constantFrom("next", "previous", "first", "last"),
      }),
      fc.record({ type: fc.constantFrom("toggle", "close") }),
    ) as fc.Arbitrary<PanelEvent>;
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const state = after(events);
        const active = activeSection(state);
        if (state.sections.length === 0) expect(active).toBeUndefined();
        else expect(state.sections).toContain(active);
        expect(new Set(state.sections).size).toBe(state.sections.length);
      }),
    );
  });
});
