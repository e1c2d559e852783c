import { describe, expect, it } from "vitest";
import { shownOf } from "../../../client/src/sharing-controls.ts";
import type { SharingState } from "../../../client/src/sharing.ts";

const ada = viewer("a", 1, "controller");
const bob = viewer("b", 2, "controller");
const eve = viewer("e", 3, "viewer");

function viewer(
  id: string,
  number: number,
  role: "controller" | "viewer",
): SharingState["viewers"][number] {
  return {
    ...{ id, number, role, name: "", controls: false, transport: "webrtc" },
    since: "2026-01-01T00:00:00.000Z",
  };
}

/** As Ada sees it, who has control. */
function sharing(more: Partial<SharingState> = {}): SharingState {
  return {
    isConnected: true,
    viewerId: "a",
    role: "controller",
    mode: "exclusive",
    mayControl: true,
    mayAsk: false,
    isAsking: false,
    holders: ["a"],
    requests: [],
    decides: [],
    isKept: false,
    viewers: [ada, bob, eve],
    ...more,
  };
}

const own = { link: undefined, name: "" };
const others = { mayControl: false, mayAsk: true, holders: ["b"] };

describe("what the panel offers", () => {
  it.each([
    {
      who: "the holder",
      state: sharing(),
      offers: { mayAsk: false, takes: undefined, mayRelease: true },
    },
    {
      who: "a controller while another holds control",
      state: sharing(others),
      offers: { mayAsk: true, takes: "exclusive", mayRelease: false },
    },
    {
      who: "a controller who waits",
      state: sharing({ ...others, isAsking: true, requests: ["a"] }),
      offers: { mayAsk: false, takes: "exclusive", mayRelease: false },
    },
    {
      who: "a controller while nobody has it",
      state: sharing({ ...others, holders: [] }),
      offers: { isFree: true, mayAsk: true, takes: undefined },
    },
    {
      who: "a controller while it is kept for another",
      state: sharing({ ...others, holders: [], isKept: true }),
      offers: { isFree: false, mayAsk: true, takes: "exclusive" },
    },
    {
      who: "a controller of a shared session",
      state: sharing({ mode: "shared", holders: ["a", "b"] }),
      offers: { mayAsk: false, takes: undefined, mayRelease: false },
    },
    {
      who: "the same while a looker acts",
      state: sharing({ mode: "shared", holders: ["a", "b", "e"] }),
      offers: { takes: "shared", mayRelease: false },
    },
    {
      who: "a looker",
      state: sharing({
        ...others,
        role: "viewer",
        viewerId: "e",
        mayAsk: false,
      }),
      offers: {
        ...{ mayControl: false, mayAsk: false, takes: undefined },
        ...{ mayRelease: false, mayRemove: false },
      },
    },
    {
      who: "a looker who was given control",
      state: sharing({ role: "viewer", viewerId: "e", holders: ["e"] }),
      offers: { mayControl: true, mayRelease: true, takes: undefined },
    },
    {
      who: "somebody whose connection is lost",
      state: sharing({ isConnected: false, mayControl: false }),
      offers: {
        ...{ mayControl: false, mayAsk: false, takes: undefined },
        ...{ mayRelease: false, mayRemove: false },
      },
    },
  ])("$who", ({ state, offers }) => {
    expect(shownOf(state, own)).toMatchObject(offers);
  });
});

describe("what the panel says of people", () => {
  it("names those without a name by their number", () => {
    const named = { ...bob, name: "Bob" };
    const { people } = shownOf(sharing({ viewers: [ada, named] }), own);
    expect(people.map(({ name }) => name)).toEqual(["Guest 1", "Bob"]);
    expect(people.map(({ isSelf }) => isSelf)).toEqual([true, false]);
  });

  it("lets the holder give control to a controller, and to a looker who asked", () => {
    const before = shownOf(sharing(), own).people;
    expect(before.map(({ mayGive }) => mayGive)).toEqual([false, true, false]);
    const state = sharing({ requests: ["e"], decides: ["e"] });
    const after = shownOf(state, own).people;
    expect(after.map(({ mayGive }) => mayGive)).toEqual([false, true, true]);
    expect(after[2]).toMatchObject({ asks: true, mayRefuse: true });
  });

  it("lets nobody give what they do not have", () => {
    const { people } = shownOf(sharing({ ...others, requests: ["e"] }), own);
    expect(people.some(({ mayGive, mayRefuse }) => mayGive || mayRefuse)).toBe(
      false,
    );
    expect(people[2]?.asks).toBe(true);
  });
});
