import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  mayAsk,
  mayDecide,
  nextDeadlineMs,
  transition,
  type ControlInput,
} from "../../../signaling/features/sharing-control.ts";
import {
  emptyControl,
  type ControlNews,
  type ControlRules,
  type ControlState,
} from "../../../signaling/features/sharing-control-state.ts";

const exclusive: ControlRules = {
  mode: "exclusive",
  allowViewers: false,
  requestTimeoutMs: 60_000,
};
const open: ControlRules = { ...exclusive, allowViewers: true };
const shared: ControlRules = { ...exclusive, mode: "shared" };
const sharedOpen: ControlRules = { ...open, mode: "shared" };

/** `controller:` and `viewer:` are the roles; a step of a number of milliseconds lets time pass. */
type Step = ControlInput | number;

const a: ControlInput = { type: "join", id: "a", role: "controller" };
const b: ControlInput = { type: "join", id: "b", role: "controller" };
const c: ControlInput = { type: "join", id: "c", role: "controller" };
const v: ControlInput = { type: "join", id: "v", role: "viewer" };
const w: ControlInput = { type: "join", id: "w", role: "viewer" };
const lost = (id: string): ControlInput => ({
  type: "leave",
  id,
  graceMs: 10_000,
});
const gone = (id: string): ControlInput => ({
  type: "leave",
  id,
  graceMs: 0,
});
const back = (
  id: string,
  resumes: string,
  role: "controller" | "viewer" = "controller",
): ControlInput => ({ type: "join", id, role, resumes });
const asks = (by: string): ControlInput => ({ type: "request", by });
const takes = (by: string): ControlInput => ({ type: "take", by });
const releases = (by: string): ControlInput => ({ type: "release", by });
const gives = (by: string, to: string): ControlInput => ({
  type: "give",
  by,
  to,
});
const denies = (by: string, to: string): ControlInput => ({
  type: "deny",
  by,
  to,
});

function run(
  rules: ControlRules,
  steps: readonly Step[],
): {
  state: ControlState;
  news: readonly ControlNews[];
  refusal: string | undefined;
} {
  let nowMs = 0;
  let state = emptyControl;
  let news: readonly ControlNews[] = [];
  let refusal: string | undefined;
  for (const step of steps) {
    const input: ControlInput =
      typeof step === "number" ? { type: "time" } : step;
    if (typeof step === "number") nowMs += step;
    const outcome = transition(rules, state, input, nowMs);
    ({ state, news } = outcome);
    ({ refusal } = outcome);
  }
  return { state, news, refusal };
}

const granted = (to: string, by?: string): ControlNews => ({
  to,
  event: "granted",
  ...(by === undefined ? {} : { by }),
});
const taken = (to: string, by?: string): ControlNews => ({
  to,
  event: "taken",
  ...(by === undefined ? {} : { by }),
});

interface Case {
  what: string;
  rules: ControlRules;
  steps: Step[];
  holders: string[];
  asking?: string[];
  /** After the last step. */
  news?: ControlNews[];
  refused?: RegExp;
}

const cases: Case[] = [
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
  // Releasing and leaving.
  {
    what: "what is released goes to the one who has waited longest",
    rules: exclusive,
    steps: [a, b, c, asks("c"), asks("b"), releases("a")],
    holders: ["c"],
    asking: ["b"],
    news: [granted("c")],
  },
  {
    what: "lookers who wait are passed over",
    rules: open,
    steps: [a, b, v, asks("v"), asks("b"), releases("a")],
    holders: ["b"],
    asking: ["v"],
    news: [granted("b")],
  },
  {
    what: "who holds nothing releases nothing",
    rules: exclusive,
    steps: [a, b, releases("b")],
    holders: ["a"],
  },
  {
    what: "shared: a controller does not lose what is its by right",
    rules: shared,
    steps: [a, releases("a")],
    holders: ["a"],
  },
  {
    what: "shared: a looker gives it up",
    rules: sharedOpen,
    steps: [a, v, gives("a", "v"), releases("v")],
    holders: ["a"],
  },
  {
    what: "it passes on at once from one who was sent away",
    rules: exclusive,
    steps: [a, b, asks("b"), gone("a")],
    holders: ["b"],
    news: [granted("b")],
  },
  {
    what: "it is kept for a holder who was lost",
    rules: exclusive,
    steps: [a, b, asks("b"), lost("a"), 9_999],
    holders: [],
    asking: ["b"],
  },
  {
    what: "and passes on when that one does not come back",
    rules: exclusive,
    steps: [a, b, asks("b"), lost("a"), 10_000],
    holders: ["b"],
    news: [granted("b")],
  },
  {
    what: "and falls free where nobody waits",
    rules: exclusive,
    steps: [a, b, lost("a"), 10_000],
    holders: [],
  },
  {
    what: "it is there for a holder who comes back in time",
    rules: exclusive,
    steps: [a, b, asks("b"), lost("a"), 9_999, back("a2", "a")],
    holders: ["a2"],
    asking: ["b"],
    news: [granted("a2")],
  },
  {
    what: "it is not for one who comes back too late",
    rules: exclusive,
    steps: [a, b, asks("b"), lost("a"), 10_000, back("a2", "a")],
    holders: ["b"],
  },
  {
    what: "it is not for one who comes back as somebody else",
    rules: exclusive,
    steps: [a, b, lost("a"), back("b2", "b"), 9_999],
    holders: [],
    asking: ["b2"],
  },
  {
    what: "a controller who comes meanwhile gets it afterwards",
    rules: exclusive,
    steps: [a, lost("a"), b, 10_000],
    holders: ["b"],
    news: [granted("b")],
  },
  {
    what: "a controller need not wait, but can take it",
    rules: exclusive,
    steps: [a, b, lost("a"), takes("b"), back("a2", "a")],
    holders: ["b"],
  },
  {
    what: "shared: what a looker was given is kept for it",
    rules: sharedOpen,
    steps: [a, v, gives("a", "v"), lost("v"), back("v2", "v", "viewer")],
    holders: ["a", "v2"],
    news: [granted("v2")],
  },
  {
    what: "shared: and is taken from it meanwhile",
    rules: sharedOpen,
    steps: [
      a,
      v,
      gives("a", "v"),
      lost("v"),
      takes("a"),
      back("v2", "v", "viewer"),
    ],
    holders: ["a"],
  },
  {
    what: "a request goes with the one who asked",
    rules: exclusive,
    steps: [a, b, asks("b"), lost("b"), releases("a")],
    holders: [],
  },
];

describe("control", () => {
  it.each(cases)(
    "$what",
    ({ rules, steps, holders, asking = [], news = [], refused }) => {
      const { state, ...outcome } = run(rules, steps);
      expect(state.holders).toEqual(holders);
      expect(state.requests.map(({ id }) => id)).toEqual(asking);
      expect(outcome.news).toEqual(news);
      if (refused === undefined) expect(outcome.refusal).toBeUndefined();
      else expect(outcome.refusal).toMatch(refused);
    },
  );

  it("has nothing to wait for while nobody waits", () => {
    expect(nextDeadlineMs(run(exclusive, [a, b]).state)).toBeUndefined();
    const { state } = run(exclusive, [a, b, asks("b"), 5_000, lost("a")]);
    expect(nextDeadlineMs(state)).toBe(15_000);
  });
});

const ids = ["a", "b", "c", "v", "w"];
const roleOf = (id: string): "controller" | "viewer" =>
  "vw".includes(id[0] ?? "") ? "viewer" : "controller";
const anyId = fc.constantFrom(...ids);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 1, max: 70_000 }),
  fc
    .tuple(anyId, fc.option(anyId, { nil: undefined }))
    .map(([id, resumes]): ControlInput => ({
      type: "join",
      id,
      role: roleOf(id),
      // The caller has checked that the roles are the same.
      ...(resumes !== undefined && roleOf(resumes) === roleOf(id)
        ? { resumes }
        : {}),
    })),
  fc.record({
    type: fc.constant("leave" as const),
    id: anyId,
    graceMs: fc.constantFrom(0, 3_000, 10_000),
  }),
  fc.record({
    type: fc.constantFrom("request", "take", "release"),
    by: anyId,
  }) as fc.Arbitrary<ControlInput>,
  fc.record({
    type: fc.constantFrom("give", "deny"),
    by: anyId,
    to: anyId,
  }) as fc.Arbitrary<ControlInput>,
);
const anyRules = fc.constantFrom(exclusive, open, shared, sharedOpen);

function checkInvariants(rules: ControlRules, state: ControlState): void {
  const present = state.attendees.map(({ id }) => id);
  const asking = state.requests.map(({ id }) => id);
  expect(new Set(present).size).toBe(present.length);
  expect(new Set(asking).size).toBe(asking.length);
  expect(new Set(state.holders).size).toBe(state.holders.length);
  for (const id of [...asking, ...state.holders]) expect(present).toContain(id);
  for (const id of asking) {
    expect(state.holders).not.toContain(id);
    expect(mayAsk(rules, state, id)).toBe(true);
  }
  if (!rules.allowViewers)
    for (const id of state.holders) expect(roleOf(id)).toBe("controller");
  const controllers = present.filter((id) => roleOf(id) === "controller");
  if (rules.mode === "shared") {
    expect(state.holders).toEqual(expect.arrayContaining(controllers));
  } else {
    expect(state.holders.length + state.kept.length).toBeLessThanOrEqual(1);
    if (state.holders.length + state.kept.length === 0)
      expect(asking.filter((id) => roleOf(id) === "controller")).toEqual([]);
  }
}

describe("whatever happens,", () => {
  it("the rules of control hold, and time has dealt with what is due", () => {
    fc.assert(
      fc.property(
        anyRules,
        fc.array(anyStep, { maxLength: 60 }),
        (rules, steps) => {
          let nowMs = 0;
          let state = emptyControl;
          for (const step of steps) {
            const input: ControlInput =
              typeof step === "number" ? { type: "time" } : step;
            if (typeof step === "number") nowMs += step;
            ({ state } = transition(rules, state, input, nowMs));
            checkInvariants(rules, state);
            expect(nextDeadlineMs(state) ?? Infinity).toBeGreaterThan(nowMs);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("nobody who only looks acts without a controller's word", () => {
    fc.assert(
      fc.property(
        anyRules,
        fc.array(anyStep, { maxLength: 60 }),
        (rules, steps) => {
          let nowMs = 0;
          let state = emptyControl;
          for (const step of steps) {
            const input: ControlInput =
              typeof step === "number" ? { type: "time" } : step;
            if (typeof step === "number") nowMs += step;
            const before = state;
            ({ state } = transition(rules, before, input, nowMs));
            const gained = state.holders.filter(
              (id) => roleOf(id) === "viewer" && !before.holders.includes(id),
            );
            for (const id of gained) {
              const byWord =
                input.type === "give" &&
                input.to === id &&
                roleOf(input.by) === "controller" &&
                mayDecide(before, input.by, id);
              const byReturn =
                input.type === "join" &&
                before.kept.some((each) => each.id === input.resumes);
              expect(byWord || byReturn).toBe(true);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("who loses control to somebody else is told, and so is who gets it by somebody's deed", () => {
    fc.assert(
      fc.property(
        anyRules,
        fc.array(anyStep, { maxLength: 60 }),
        (rules, steps) => {
          let nowMs = 0;
          let state = emptyControl;
          for (const step of steps) {
            const input: ControlInput =
              typeof step === "number" ? { type: "time" } : step;
            if (typeof step === "number") nowMs += step;
            const before = state;
            const outcome = transition(rules, before, input, nowMs);
            ({ state } = outcome);
            const told = (id: string, event: string): boolean =>
              outcome.news.some(
                (each) => each.to === id && each.event === event,
              );
            for (const id of before.holders) {
              const own =
                ("by" in input && input.by === id) ||
                (input.type === "leave" && input.id === id);
              if (!state.holders.includes(id) && !own)
                expect(told(id, "taken")).toBe(true);
            }
            for (const id of state.holders) {
              const came = input.type === "join" && input.id === id;
              if (!before.holders.includes(id) && !came)
                expect(told(id, "granted")).toBe(true);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
