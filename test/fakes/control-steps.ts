/**
 * What happens to control, step by step.
 */
import { expect } from "vitest";
import {
  transition,
  type ControlInput,
} from "../../signaling/features/sharing-control.ts";
import {
  emptyControl,
  type ControlNews,
  type ControlOutcome,
  type ControlRules,
  type ControlState,
} from "../../signaling/features/sharing-control-state.ts";

export const exclusive: ControlRules = {
  mode: "exclusive",
  allowViewers: false,
  requestTimeoutMs: 60_000,
};
export const open: ControlRules = { ...exclusive, allowViewers: true };
export const shared: ControlRules = { ...exclusive, mode: "shared" };
export const sharedOpen: ControlRules = { ...open, mode: "shared" };

/** What somebody does, or a number of milliseconds that pass. */
export type Step = ControlInput | number;

/** A step, with what was before and what came of it. */
export interface Moment {
  readonly before: ControlState;
  readonly input: ControlInput;
  /** Time since the first step. */
  readonly nowMs: number;
  readonly outcome: ControlOutcome;
}

/** Takes the steps one by one, from nobody being there. */
export function* walk(
  rules: ControlRules,
  steps: readonly Step[],
): Generator<Moment, void> {
  let nowMs = 0;
  let before = emptyControl;
  for (const step of steps) {
    const input: ControlInput =
      typeof step === "number" ? { type: "time" } : step;
    if (typeof step === "number") nowMs += step;
    const outcome = transition(rules, before, input, nowMs);
    yield { before, input, nowMs, outcome };
    before = outcome.state;
  }
}

/** What came of the last step. */
export function outcomeOf(
  rules: ControlRules,
  steps: readonly Step[],
): ControlOutcome {
  const last = [...walk(rules, steps)].at(-1);
  return last?.outcome ?? { state: emptyControl, news: [] };
}

/** Three with the token, and two who look. */
export const a: ControlInput = { type: "join", id: "a", role: "controller" };
export const b: ControlInput = { type: "join", id: "b", role: "controller" };
export const c: ControlInput = { type: "join", id: "c", role: "controller" };
export const v: ControlInput = { type: "join", id: "v", role: "viewer" };
export const w: ControlInput = { type: "join", id: "w", role: "viewer" };
export const lost = (id: string): ControlInput => ({
  type: "leave",
  id,
  graceMs: 10_000,
});
export const gone = (id: string): ControlInput => ({
  type: "leave",
  id,
  graceMs: 0,
});
export const back = (
  id: string,
  resumes: string,
  role: "controller" | "viewer" = "controller",
): ControlInput => ({ type: "join", id, role, resumes });
export const asks = (by: string): ControlInput => ({ type: "request", by });
export const takes = (by: string): ControlInput => ({ type: "take", by });
export const releases = (by: string): ControlInput => ({ type: "release", by });
export const gives = (by: string, to: string): ControlInput => ({
  type: "give",
  by,
  to,
});
export const denies = (by: string, to: string): ControlInput => ({
  type: "deny",
  by,
  to,
});

export const granted = (to: string, by?: string): ControlNews => ({
  to,
  event: "granted",
  ...(by === undefined ? {} : { by }),
});
export const taken = (to: string, by?: string): ControlNews => ({
  to,
  event: "taken",
  ...(by === undefined ? {} : { by }),
});

/** A few steps, and what is so after the last of them. */
export interface ControlCase {
  what: string;
  rules: ControlRules;
  steps: Step[];
  holders: string[];
  asking?: string[];
  /** After the last step. */
  news?: ControlNews[];
  refused?: RegExp;
}

/** Takes the steps of a case and compares. */
export function checkCase(expected: ControlCase): void {
  const { rules, steps, holders, asking = [], news = [], refused } = expected;
  const outcome = outcomeOf(rules, steps);
  expect(outcome.state.holders).toEqual(holders);
  expect(outcome.state.requests.map(({ id }) => id)).toEqual(asking);
  expect(outcome.news).toEqual(news);
  if (refused === undefined) expect(outcome.refusal).toBeUndefined();
  else expect(outcome.refusal).toMatch(refused);
}
