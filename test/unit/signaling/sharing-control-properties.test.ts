/**
 * What holds of control whatever happens.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  mayAsk,
  mayDecide,
  nextDeadlineMs,
  type ControlInput,
} from "../../../signaling/features/sharing-control.ts";
import type {
  ControlRules,
  ControlState,
} from "../../../signaling/features/sharing-control-state.ts";
import {
  exclusive,
  open,
  shared,
  sharedOpen,
  walk,
  type Moment,
  type Step,
} from "../../fakes/control-steps.ts";

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

/** Checks each moment of many walks, under all rules. */
function always(check: (moment: Moment, rules: ControlRules) => void): void {
  fc.assert(
    fc.property(
      anyRules,
      fc.array(anyStep, { maxLength: 60 }),
      (rules, steps) => {
        for (const moment of walk(rules, steps)) check(moment, rules);
      },
    ),
    { numRuns: 500 },
  );
}

describe("whatever happens,", () => {
  it("the rules of control hold, and time has dealt with what is due", () => {
    always(({ nowMs, outcome: { state } }, rules) => {
      checkInvariants(rules, state);
      expect(nextDeadlineMs(state) ?? Infinity).toBeGreaterThan(nowMs);
    });
  });

  it("nobody who only looks acts without a controller's word", () => {
    always(({ before, input, outcome: { state } }) => {
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
    });
  });

  it("who loses control to somebody else is told, and so is who gets it by somebody's deed", () => {
    always(({ before, input, outcome: { state, news } }) => {
      const told = (id: string, event: string): boolean =>
        news.some((each) => each.to === id && each.event === event);
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
    });
  });
});
