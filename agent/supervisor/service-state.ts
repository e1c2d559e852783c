/**
 * The life of a supervised service, as one pure function.
 *
 * What a service *should* do comes from outside ({@link Conditions}); what it *does* is its
 * {@link ServiceState}. The supervisor performs what a new state asks for: enter `starting` means
 * start, enter `stopping` means close, enter `backing-off` means set a timer.
 */
import { backoffMs, type BackoffPolicy } from "../base/backoff.ts";

/** What the rest of the session wants of a service. */
export interface Conditions {
  /** Everything it depends on is running. */
  dependenciesReady: boolean;
  /** Somebody needs it now. Always true for services that are not on demand. */
  wanted: boolean;
  /** The session ends. */
  shutdown: boolean;
}

/**
 * Where a service is in its life. `failures` counts failures in a row; `generation` counts starts and
 * mutes whatever an earlier start still has to say.
 */
export type ServiceState =
  | { name: "waiting"; generation: number; failures: number }
  | { name: "standby"; generation: number; failures: number }
  | { name: "starting"; generation: number; failures: number }
  | { name: "running"; generation: number; failures: number; sinceMs: number }
  | {
      name: "backing-off";
      generation: number;
      failures: number;
      delayMs: number;
      reason: string;
    }
  | { name: "stopping"; generation: number; failures: number }
  /** Ended and will not start again: by shutdown, or because its own end was to be accepted. */
  | { name: "stopped"; generation: number; failures: number; reason: string };

/** What happened to a service. */
export type ServiceEvent =
  | { type: "conditions-changed" }
  | { type: "started"; generation: number; nowMs: number }
  | { type: "start-failed"; generation: number; reason: string }
  | { type: "exited"; generation: number; reason: string; nowMs: number }
  | { type: "closed"; generation: number }
  | { type: "retry-due"; generation: number };

/** What does not change in the life of a service. */
export interface ServiceRules {
  backoff: BackoffPolicy;
  /** After it ran and ended by itself: start it again, or leave it ended. */
  onExit: "restart" | "accept";
}

export const initialState: ServiceState = {
  name: "waiting",
  generation: 0,
  failures: 0,
};

/**
 * The state after `event`. An event of an earlier generation, or one that makes no sense in the
 * current state, changes nothing (the same object is returned).
 */
export function transition(
  state: ServiceState,
  event: ServiceEvent,
  conditions: Conditions,
  rules: ServiceRules,
): ServiceState {
  switch (event.type) {
    case "conditions-changed":
      return afterConditions(state, conditions);
    case "started":
      if (state.name !== "starting" || stale(state, event)) return state;
      return {
        name: "running",
        generation: state.generation,
        failures: state.failures,
        sinceMs: event.nowMs,
      };
    case "start-failed":
      if (stale(state, event)) return state;
      if (state.name === "stopping") return rest(state, conditions);
      if (state.name !== "starting") return state;
      return failed(state, state.failures + 1, event.reason, conditions, rules);
    case "exited":
      return afterExit(state, event, conditions, rules);
    case "closed":
      if (state.name !== "stopping" || stale(state, event)) return state;
      return rest(state, conditions);
    case "retry-due":
      if (state.name !== "backing-off" || stale(state, event)) return state;
      return rest(state, conditions);
  }
}

function stale(state: ServiceState, event: { generation: number }): boolean {
  return state.generation !== event.generation;
}

function afterConditions(
  state: ServiceState,
  conditions: Conditions,
): ServiceState {
  const mayRun =
    conditions.dependenciesReady && conditions.wanted && !conditions.shutdown;
  switch (state.name) {
    case "stopped":
    case "stopping":
      return state;
    case "starting":
      return mayRun
        ? state
        : {
            name: "stopping",
            generation: state.generation,
            failures: state.failures,
          };
    case "running":
      // It works, and ends because nobody wants it: what failed before that is history.
      return mayRun
        ? state
        : { name: "stopping", generation: state.generation, failures: 0 };
    case "backing-off":
      return mayRun ? state : rest(state, conditions);
    case "waiting":
    case "standby": {
      const next = rest(state, conditions);
      return next.name === state.name ? state : next;
    }
  }
}

function afterExit(
  state: ServiceState,
  event: Extract<ServiceEvent, { type: "exited" }>,
  conditions: Conditions,
  rules: ServiceRules,
): ServiceState {
  if (state.name !== "running" || stale(state, event)) return state;
  if (rules.onExit === "accept") {
    return {
      name: "stopped",
      generation: state.generation,
      failures: 0,
      reason: event.reason,
    };
  }
  const ranLong = event.nowMs - state.sinceMs >= rules.backoff.resetAfterMs;
  return failed(
    state,
    ranLong ? 1 : state.failures + 1,
    event.reason,
    conditions,
    rules,
  );
}

function failed(
  state: ServiceState,
  failures: number,
  reason: string,
  conditions: Conditions,
  rules: ServiceRules,
): ServiceState {
  const mayRun =
    conditions.dependenciesReady && conditions.wanted && !conditions.shutdown;
  const generation = state.generation;
  if (!mayRun) return rest({ ...state, failures }, conditions);
  return {
    name: "backing-off",
    generation,
    failures,
    delayMs: backoffMs(rules.backoff, failures),
    reason,
  };
}

/** Where a service that is not running goes from here. */
function rest(
  state: { generation: number; failures: number },
  conditions: Conditions,
): ServiceState {
  const { generation, failures } = state;
  if (conditions.shutdown) {
    return {
      name: "stopped",
      generation,
      failures,
      reason: "the session ended",
    };
  }
  if (!conditions.wanted) return { name: "standby", generation, failures };
  if (!conditions.dependenciesReady)
    return { name: "waiting", generation, failures };
  return { name: "starting", generation: generation + 1, failures };
}
