/**
 * Who may act: one state, changed by one pure function.
 *
 * `shared`: every controller acts, always; a looker does where a controller has granted it. `exclusive`: one viewer
 * acts at a time; the first controller who comes while nobody does, and from then on whoever is given control, takes
 * it, or has waited for it longest when it falls free.
 */
import type { Role } from "../protocol.ts";
import {
  handOver,
  hold,
  passOn,
  refuse,
  roleOf,
  withoutRequest,
  type ControlOutcome,
  type ControlRules,
  type ControlState,
} from "./sharing-control-state.ts";

export type ControlInput =
  /** `resumes`: the id it had before, proven by its secret. */
  | { type: "join"; id: string; role: Role; resumes?: string | undefined }
  /** `graceMs`: so long is its control kept for it; 0: not at all. */
  | { type: "leave"; id: string; graceMs: number }
  | { type: "request" | "take" | "release"; by: string }
  | { type: "give" | "deny"; by: string; to: string }
  /** Nothing but the time has changed. */
  | { type: "time" };

/** Handles `input` at `nowMs`, after what was due by then. Ids of strangers change nothing. */
export function transition(
  rules: ControlRules,
  before: ControlState,
  input: ControlInput,
  nowMs: number,
): ControlOutcome {
  const timed = expire(rules, before, nowMs);
  const outcome = apply(rules, timed.state, input, nowMs);
  return { ...outcome, news: [...timed.news, ...outcome.news] };
}

/** When {@link transition} with `time` has something to do; `undefined` where never. */
export function nextDeadlineMs(state: ControlState): number | undefined {
  const all = [...state.requests, ...state.kept].map(({ untilMs }) => untilMs);
  return all.length === 0 ? undefined : Math.min(...all);
}

/** Whether `by` may give control to `about`, or turn its request down. */
export function mayDecide(
  state: ControlState,
  by: string,
  about: string,
): boolean {
  const isController = roleOf(state, by) === "controller";
  if (state.holders.includes(by))
    return isController || roleOf(state, about) === "controller";
  const held = state.holders.some((id) => roleOf(state, id) === "controller");
  return isController && !held;
}

/** Whether `id` may ask for control. */
export function mayAsk(
  rules: ControlRules,
  state: ControlState,
  id: string,
): boolean {
  const role = roleOf(state, id);
  return (
    role !== undefined &&
    !state.holders.includes(id) &&
    (role === "controller" || rules.allowViewers)
  );
}

function apply(
  rules: ControlRules,
  state: ControlState,
  input: ControlInput,
  nowMs: number,
): ControlOutcome {
  if (input.type === "join") return join(rules, state, input, nowMs);
  if (input.type === "time") return { state, news: [] };
  const actor = input.type === "leave" ? input.id : input.by;
  if (roleOf(state, actor) === undefined) return { state, news: [] };
  switch (input.type) {
    case "leave":
      return leave(rules, state, input, nowMs);
    case "request":
      return request(rules, state, input.by, nowMs);
    case "take":
      return take(rules, state, input.by);
    case "release":
      return release(rules, state, input.by);
    case "give":
      return give(rules, state, input);
    case "deny":
      return deny(state, input);
  }
}

function join(
  rules: ControlRules,
  before: ControlState,
  input: Extract<ControlInput, { type: "join" }>,
  nowMs: number,
): ControlOutcome {
  const { id, role, resumes } = input;
  if (roleOf(before, id) !== undefined) return { state: before, news: [] };
  const state = { ...before, attendees: [...before.attendees, { id, role }] };
  if (resumes !== undefined && state.kept.some((each) => each.id === resumes)) {
    const kept = state.kept.filter((each) => each.id !== resumes);
    return handOver(rules, { ...state, kept }, id, undefined);
  }
  const isHeld = rules.mode === "exclusive" && state.holders.length > 0;
  if (role === "viewer" || isHeld) return { state, news: [] };
  // One who has lost its secret, with the page that it was in, need not ask for what nobody else has.
  if (rules.mode === "exclusive" && state.kept.length > 0)
    return request(rules, state, id, nowMs);
  return { state: hold(rules, state, id), news: [] };
}

function leave(
  rules: ControlRules,
  before: ControlState,
  { id, graceMs }: Extract<ControlInput, { type: "leave" }>,
  nowMs: number,
): ControlOutcome {
  // In a shared session a controller needs nothing to be kept for it.
  const mayKeep =
    graceMs > 0 &&
    before.holders.includes(id) &&
    (rules.mode === "exclusive" || roleOf(before, id) === "viewer");
  const untilMs = nowMs + graceMs;
  return passOn(rules, {
    attendees: before.attendees.filter((each) => each.id !== id),
    holders: before.holders.filter((each) => each !== id),
    requests: withoutRequest(before, id),
    kept: mayKeep ? [...before.kept, { id, untilMs }] : before.kept,
  });
}

function request(
  rules: ControlRules,
  state: ControlState,
  by: string,
  nowMs: number,
): ControlOutcome {
  if (state.holders.includes(by)) return { state, news: [] };
  if (!mayAsk(rules, state, by))
    return refuse(state, "this session gives no control to those who look");
  if (state.requests.some(({ id }) => id === by)) return { state, news: [] };
  const untilMs = nowMs + rules.requestTimeoutMs;
  const requests = [...state.requests, { id: by, untilMs }];
  return passOn(rules, { ...state, requests });
}

function give(
  rules: ControlRules,
  state: ControlState,
  { by, to }: { by: string; to: string },
): ControlOutcome {
  const role = roleOf(state, to);
  if (role === undefined) return refuse(state, "this viewer is not here");
  if (state.holders.includes(to)) return { state, news: [] };
  if (!mayDecide(state, by, to))
    return refuse(state, "control is not yours to give");
  if (role === "viewer" && !rules.allowViewers)
    return refuse(state, "this session gives no control to those who look");
  return handOver(rules, state, to, by);
}

function deny(
  state: ControlState,
  { by, to }: { by: string; to: string },
): ControlOutcome {
  if (!state.requests.some(({ id }) => id === to)) return { state, news: [] };
  if (!mayDecide(state, by, to))
    return refuse(state, "this request is not yours to answer");
  const requests = withoutRequest(state, to);
  return {
    state: { ...state, requests },
    news: [{ to, event: "denied", by }],
  };
}

function take(
  rules: ControlRules,
  state: ControlState,
  by: string,
): ControlOutcome {
  if (roleOf(state, by) !== "controller")
    return refuse(state, "this token takes no control");
  if (rules.mode === "exclusive") {
    return state.holders.includes(by)
      ? { state, news: [] }
      : handOver(rules, state, by, by);
  }
  // Everybody acts by right but the lookers, from whom it is taken.
  const isLooker = (id: string): boolean => roleOf(state, id) === "viewer";
  const lookers = state.holders.filter(isLooker);
  if (lookers.length === 0 && state.kept.length === 0)
    return { state, news: [] };
  const holders = state.holders.filter((id) => !isLooker(id));
  return {
    state: { ...state, holders, kept: [] },
    news: lookers.map((to) => ({ to, event: "taken", by })),
  };
}

function release(
  rules: ControlRules,
  state: ControlState,
  by: string,
): ControlOutcome {
  const byRight = rules.mode === "shared" && roleOf(state, by) === "controller";
  if (byRight || !state.holders.includes(by)) return { state, news: [] };
  const holders = state.holders.filter((id) => id !== by);
  return passOn(rules, { ...state, holders });
}

/** Ends what was due by `nowMs`. */
function expire(
  rules: ControlRules,
  state: ControlState,
  nowMs: number,
): ControlOutcome {
  const isOver = ({ untilMs }: { untilMs: number }): boolean =>
    untilMs <= nowMs;
  const over = state.requests.filter(isOver);
  if (over.length === 0 && !state.kept.some(isOver)) return { state, news: [] };
  const requests = state.requests.filter((each) => !isOver(each));
  const kept = state.kept.filter((each) => !isOver(each));
  const passed = passOn(rules, { ...state, requests, kept });
  const news = over.map(({ id }) => ({ to: id, event: "expired" as const }));
  return { state: passed.state, news: [...news, ...passed.news] };
}
