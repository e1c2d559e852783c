/**
 * The state of control, and the steps that its rules in `sharing-control.ts` are made of. Pure.
 */
import type { ControlEvent, ControlMode, Role } from "../protocol.ts";

/** The settings of a session. Times are in milliseconds. */
export interface ControlRules {
  mode: ControlMode;
  /** Whether lookers may be given control. */
  allowViewers: boolean;
  /** A request that nobody has answered by then is over. */
  requestTimeoutMs: number;
}

interface Attendee {
  readonly id: string;
  readonly role: Role;
}

/** All lists are in the order in which their members were added. */
export interface ControlState {
  readonly attendees: readonly Attendee[];
  /** Who may act. Exclusive: one at most. */
  readonly holders: readonly string[];
  readonly requests: readonly {
    readonly id: string;
    readonly untilMs: number;
  }[];
  /** Control that is kept for somebody who may come back. Exclusive: one at most, and then nobody holds it. */
  readonly kept: readonly { readonly id: string; readonly untilMs: number }[];
}

export const emptyControl: ControlState = {
  attendees: [],
  holders: [],
  requests: [],
  kept: [],
};

/** What a viewer is to be told. */
export interface ControlNews {
  readonly to: string;
  readonly event: ControlEvent;
  readonly by?: string;
}

export interface ControlOutcome {
  /** The same object where nothing has changed. */
  readonly state: ControlState;
  readonly news: readonly ControlNews[];
  /** Why the viewer's wish was not granted. */
  readonly refusal?: string;
}

/** Control that nobody has goes to the controller who has waited longest; lookers wait for somebody's word. */
export function passOn(
  rules: ControlRules,
  state: ControlState,
): ControlOutcome {
  const isFree = state.holders.length === 0 && state.kept.length === 0;
  const next = state.requests.find(
    ({ id }) => roleOf(state, id) === "controller",
  );
  return rules.mode === "exclusive" && isFree && next !== undefined
    ? handOver(rules, state, next.id, undefined)
    : { state, news: [] };
}

/** Gives control to `to`, in the name of `by`, or of the rules where that is `undefined`; tells it, and those who lose control by it. */
export function handOver(
  rules: ControlRules,
  before: ControlState,
  to: string,
  by: string | undefined,
): ControlOutcome {
  const state = hold(rules, before, to);
  const who = by === undefined ? {} : { by };
  const news: ControlNews[] = [{ to, event: "granted", ...who }];
  for (const id of before.holders) {
    // Who gives control away knows it.
    if (!state.holders.includes(id) && id !== by)
      news.push({ to: id, event: "taken", ...who });
  }
  return { state, news };
}

/** The state with `id` among the holders: the only one in an exclusive session. Its own request is over. */
export function hold(
  rules: ControlRules,
  state: ControlState,
  id: string,
): ControlState {
  const isExclusive = rules.mode === "exclusive";
  return {
    ...state,
    holders: isExclusive ? [id] : [...state.holders, id],
    requests: withoutRequest(state, id),
    kept: isExclusive ? [] : state.kept,
  };
}

/** The state as it is. @param refusal why, as a sentence for the viewer. */
export function refuse(state: ControlState, refusal: string): ControlOutcome {
  return { state, news: [], refusal };
}

/** All requests but that of `id`. */
export function withoutRequest(
  state: ControlState,
  id: string,
): ControlState["requests"] {
  return state.requests.filter((each) => each.id !== id);
}

/** What the token of `id` allows; `undefined` where no such viewer is here. */
export function roleOf(state: ControlState, id: string): Role | undefined {
  return state.attendees.find((each) => each.id === id)?.role;
}
