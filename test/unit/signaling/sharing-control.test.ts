import { describe, expect, it } from "vitest";
import { nextDeadlineMs } from "../../../signaling/features/sharing-control.ts";
import {
  a,
  asks,
  b,
  c,
  checkCase,
  denies,
  exclusive,
  gives,
  granted,
  lost,
  open,
  outcomeOf,
  releases,
  shared,
  sharedOpen,
  taken,
  takes,
  v,
  w,
  type ControlCase,
} from "../../fakes/control-steps.ts";

const cases: ControlCase[] = [
  // Coming.
  {
    what: "the first controller has it",
    rules: exclusive,
    steps: [a],
    holders: ["a"],
  },
  {
    what: "the second does not",
    rules: exclusive,
    steps: [a, b],
    holders: ["a"],
  },
  { what: "a looker never has it", rules: open, steps: [v], holders: [] },
  {
    what: "shared: every controller has it",
    rules: shared,
    steps: [a, v, b],
    holders: ["a", "b"],
  },
  {
    what: "who comes twice under one id is one",
    rules: shared,
    steps: [a, a],
    holders: ["a"],
  },
  // Asking.
  {
    what: "a request waits for the holder",
    rules: exclusive,
    steps: [a, b, asks("b")],
    holders: ["a"],
    asking: ["b"],
  },
  {
    what: "a request for what nobody has is granted at once",
    rules: exclusive,
    steps: [a, b, releases("a"), asks("b")],
    holders: ["b"],
    news: [granted("b")],
  },
  {
    what: "asking twice is asking once",
    rules: exclusive,
    steps: [a, b, c, asks("b"), asks("c"), asks("b")],
    holders: ["a"],
    asking: ["b", "c"],
  },
  {
    what: "the holder asks for nothing",
    rules: exclusive,
    steps: [a, asks("a")],
    holders: ["a"],
  },
  {
    what: "a looker may not ask",
    rules: exclusive,
    steps: [a, v, asks("v")],
    holders: ["a"],
    refused: /no control to those who look/,
  },
  {
    what: "a looker may ask where that is allowed, and waits although it is free",
    rules: open,
    steps: [a, v, releases("a"), asks("v")],
    holders: [],
    asking: ["v"],
  },
  {
    what: "a request is over after its time",
    rules: exclusive,
    steps: [a, b, asks("b"), 59_999, 1],
    holders: ["a"],
    news: [{ to: "b", event: "expired" }],
  },
  {
    what: "a stranger's request is nobody's",
    rules: open,
    steps: [a, asks("x")],
    holders: ["a"],
  },
  // Giving.
  {
    what: "the holder gives it to who asked",
    rules: exclusive,
    steps: [a, b, asks("b"), gives("a", "b")],
    holders: ["b"],
    news: [granted("b", "a")],
  },
  {
    what: "the holder gives it to who did not ask",
    rules: exclusive,
    steps: [a, b, gives("a", "b")],
    holders: ["b"],
    news: [granted("b", "a")],
  },
  {
    what: "who does not hold it gives nothing",
    rules: exclusive,
    steps: [a, b, c, gives("b", "c")],
    holders: ["a"],
    refused: /not yours to give/,
  },
  {
    what: "nobody gives it to a stranger",
    rules: exclusive,
    steps: [a, gives("a", "x")],
    holders: ["a"],
    refused: /not here/,
  },
  {
    what: "nobody gives it to a looker",
    rules: exclusive,
    steps: [a, v, gives("a", "v")],
    holders: ["a"],
    refused: /no control to those who look/,
  },
  {
    what: "a controller gives it to a looker where that is allowed",
    rules: open,
    steps: [a, v, asks("v"), gives("a", "v")],
    holders: ["v"],
    news: [granted("v", "a")],
  },
  {
    what: "a looker gives it back to a controller",
    rules: open,
    steps: [a, v, gives("a", "v"), gives("v", "a")],
    holders: ["a"],
    news: [granted("a", "v")],
  },
  {
    what: "a looker gives it to no other looker",
    rules: open,
    steps: [a, v, w, gives("a", "v"), gives("v", "w")],
    holders: ["v"],
    refused: /not yours to give/,
  },
  {
    what: "a controller moves it from one looker to another",
    rules: open,
    steps: [a, v, w, gives("a", "v"), gives("a", "w")],
    holders: ["w"],
    news: [granted("w", "a"), taken("v", "a")],
  },
  {
    what: "shared: any controller lets a looker act, and nobody loses it",
    rules: sharedOpen,
    steps: [a, b, v, asks("v"), gives("b", "v")],
    holders: ["a", "b", "v"],
    news: [granted("v", "b")],
  },
  // Denying.
  {
    what: "the holder denies",
    rules: exclusive,
    steps: [a, b, asks("b"), denies("a", "b")],
    holders: ["a"],
    news: [{ to: "b", event: "denied", by: "a" }],
  },
  {
    what: "who does not hold it denies nothing",
    rules: exclusive,
    steps: [a, b, c, asks("b"), denies("c", "b")],
    holders: ["a"],
    asking: ["b"],
    refused: /not yours to answer/,
  },
  {
    what: "a looker denies nothing",
    rules: sharedOpen,
    steps: [a, v, w, asks("w"), denies("v", "w")],
    holders: ["a"],
    asking: ["w"],
    refused: /not yours to answer/,
  },
  // Taking.
  {
    what: "a controller takes it",
    rules: exclusive,
    steps: [a, b, asks("b"), takes("b")],
    holders: ["b"],
    news: [granted("b", "b"), taken("a", "b")],
  },
  {
    what: "a looker takes nothing",
    rules: open,
    steps: [a, v, takes("v")],
    holders: ["a"],
    refused: /takes no control/,
  },
  {
    what: "shared: taking is taking from the lookers",
    rules: sharedOpen,
    steps: [a, b, v, w, gives("a", "v"), gives("a", "w"), takes("b")],
    holders: ["a", "b"],
    news: [taken("v", "b"), taken("w", "b")],
  },
];

describe("control", () => {
  it.each(cases)("$what", checkCase);

  it("has nothing to wait for while nobody waits", () => {
    expect(nextDeadlineMs(outcomeOf(exclusive, [a, b]).state)).toBeUndefined();
    const { state } = outcomeOf(exclusive, [a, b, asks("b"), 5_000, lost("a")]);
    expect(nextDeadlineMs(state)).toBe(15_000);
  });
});
