import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  initialState,
  transition,
  type Conditions,
  type ServiceEvent,
  type ServiceRules,
  type ServiceState,
} from "../../../agent/supervisor/service-state.ts";

const backoff = { initialMs: 100, maxMs: 1_000, resetAfterMs: 5_000 };
const restart: ServiceRules = { backoff, onExit: "restart" };
const accept: ServiceRules = { backoff, onExit: "accept" };

const base = { generation: 4, failures: 1 };
const states: Record<ServiceState["name"], ServiceState> = {
  waiting: { name: "waiting", ...base },
  standby: { name: "standby", ...base },
  starting: { name: "starting", ...base },
  running: { name: "running", ...base, sinceMs: 1_000 },
  "backing-off": {
    name: "backing-off",
    ...base,
    delayMs: 100,
    reason: "broke",
  },
  stopping: { name: "stopping", ...base },
  stopped: { name: "stopped", ...base, reason: "over" },
};

const conditions = {
  /** Everything speaks for running. */
  go: { dependenciesReady: true, wanted: true, shutdown: false },
  blocked: { dependenciesReady: false, wanted: true, shutdown: false },
  unwanted: { dependenciesReady: true, wanted: false, shutdown: false },
  shutdown: { dependenciesReady: true, wanted: true, shutdown: true },
} satisfies Record<string, Conditions>;

const next: ServiceState = { name: "starting", generation: 5, failures: 1 };
const resting = {
  go: next,
  blocked: states.waiting,
  unwanted: states.standby,
  shutdown: { name: "stopped", ...base, reason: "the session ended" },
} satisfies Record<keyof typeof conditions, ServiceState>;
const stopping = states.stopping;
const failedTwice: ServiceState = {
  name: "backing-off",
  generation: 4,
  failures: 2,
  delayMs: 200,
  reason: "broke",
};

const events = {
  "conditions-changed": { type: "conditions-changed" },
  started: { type: "started", generation: 4, nowMs: 7_000 },
  "start-failed": { type: "start-failed", generation: 4, reason: "broke" },
  exited: { type: "exited", generation: 4, reason: "broke", nowMs: 2_000 },
  closed: { type: "closed", generation: 4 },
  "retry-due": { type: "retry-due", generation: 4 },
} satisfies Record<ServiceEvent["type"], ServiceEvent>;

type ByConditions = Record<keyof typeof conditions, ServiceState>;
const withFailures = (failures: number): Omit<ByConditions, "go"> => ({
  blocked: { ...states.waiting, failures },
  unwanted: { ...states.standby, failures },
  shutdown: { ...resting.shutdown, failures },
});
const always = (state: ServiceState): ByConditions => ({
  go: state,
  blocked: state,
  unwanted: state,
  shutdown: state,
});

/** Everything that is not in here changes nothing. */
const table: {
  from: ServiceState["name"];
  on: ServiceEvent["type"];
  to: ByConditions;
}[] = [
  { from: "waiting", on: "conditions-changed", to: resting },
  { from: "standby", on: "conditions-changed", to: resting },
  {
    from: "backing-off",
    on: "conditions-changed",
    to: { ...resting, go: states["backing-off"] },
  },
  {
    from: "starting",
    on: "conditions-changed",
    to: { ...always(stopping), go: states.starting },
  },
  {
    from: "running",
    on: "conditions-changed",
    // It has worked: what failed before is history.
    to: { ...always({ ...stopping, failures: 0 }), go: states.running },
  },
  {
    from: "starting",
    on: "started",
    to: always({ name: "running", ...base, sinceMs: 7_000 }),
  },
  {
    from: "starting",
    on: "start-failed",
    to: { go: failedTwice, ...withFailures(2) },
  },
  { from: "stopping", on: "start-failed", to: resting },
  {
    from: "running",
    on: "exited",
    to: { go: failedTwice, ...withFailures(2) },
  },
  { from: "stopping", on: "closed", to: resting },
  { from: "backing-off", on: "retry-due", to: resting },
];

const stateNames = Object.keys(states) as ServiceState["name"][];
const eventNames = Object.keys(events) as ServiceEvent["type"][];
const conditionNames = Object.keys(conditions) as (keyof typeof conditions)[];

const cases = stateNames.flatMap((from) =>
  eventNames.flatMap((on) =>
    conditionNames.map((under) => {
      const entry = table.find((each) => each.from === from && each.on === on);
      return { from, on, under, to: entry?.to[under] ?? states[from] };
    }),
  ),
);

describe("transition", () => {
  test.each(cases)(
    "$from, $on, $under: $to.name",
    ({ from, on, under, to }) => {
      expect(
        transition(states[from], events[on], conditions[under], restart),
      ).toEqual(to);
    },
  );

  test("returns the very same object where nothing changes", () => {
    for (const { from, on, under, to } of cases) {
      if (to !== states[from]) continue;
      const after = transition(
        states[from],
        events[on],
        conditions[under],
        restart,
      );
      if (after.name === from)
        expect(after, `${from} ${on} ${under}`).toBe(states[from]);
    }
  });

  test.each(
    stateNames.flatMap((from) => eventNames.map((on) => ({ from, on }))),
  )("$from is deaf to $on of an earlier start", ({ from, on }) => {
    const event = events[on];
    if (!("generation" in event)) {
      expect(event.type).toBe("conditions-changed"); // The one event that belongs to no start.
      return;
    }
    const stale = { ...event, generation: 3 };
    for (const under of conditionNames) {
      expect(transition(states[from], stale, conditions[under], restart)).toBe(
        states[from],
      );
    }
  });

  test("counts failures from one again after a long run", () => {
    const exited = { ...events.exited, nowMs: 6_000 };
    expect(
      transition(states.running, exited, conditions.go, restart),
    ).toMatchObject({
      name: "backing-off",
      failures: 1,
      delayMs: 100,
    });
  });

  test("leaves a service ended whose end is to be accepted, and never starts it again", () => {
    const ended = transition(
      states.running,
      events.exited,
      conditions.go,
      accept,
    );
    expect(ended).toEqual({
      name: "stopped",
      generation: 4,
      failures: 0,
      reason: "broke",
    });
    for (const on of eventNames) {
      expect(transition(ended, events[on], conditions.go, accept)).toBe(ended);
    }
  });

  test("tries a failed start again even where its end would be accepted", () => {
    expect(
      transition(
        states.starting,
        events["start-failed"],
        conditions.go,
        accept,
      ),
    ).toMatchObject({ name: "backing-off" });
  });
});

describe("any sequence of events", () => {
  const anyConditions: fc.Arbitrary<Conditions> = fc.record({
    dependenciesReady: fc.boolean(),
    wanted: fc.boolean(),
    shutdown: fc.constant(false),
  });
  const anyEvent = fc.record({
    type: fc.constantFrom(...eventNames),
    /** How far behind the current generation it is. */
    age: fc.integer({ min: 0, max: 2 }),
    conditions: anyConditions,
  });

  function eventAt(
    { type, age }: { type: ServiceEvent["type"]; age: number },
    state: ServiceState,
    nowMs: number,
  ): ServiceEvent {
    const generation = state.generation - age;
    return { ...events[type], generation, nowMs } as ServiceEvent;
  }

  test("starts one generation at a time, and only from rest", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (sequence) => {
        let state = initialState;
        for (const [index, step] of sequence.entries()) {
          const before = state;
          state = transition(
            before,
            eventAt(step, before, index * 1_000),
            step.conditions,
            restart,
          );
          if (state.generation === before.generation) continue;
          expect(state).toMatchObject({
            name: "starting",
            generation: before.generation + 1,
          });
          // What ran before has been seen to end: by its exit, its close, or a failed start.
          expect(["running", "starting"]).not.toContain(before.name);
          if (before.name === "stopping") {
            expect(["closed", "start-failed"]).toContain(step.type);
          }
        }
      }),
    );
  });

  test("never runs what was not started, wanted and given its dependencies", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (sequence) => {
        let state = initialState;
        for (const [index, step] of sequence.entries()) {
          const before = state;
          state = transition(
            before,
            eventAt(step, before, index * 1_000),
            step.conditions,
            restart,
          );
          if (state.name === "starting" && before.name !== "starting") {
            expect(step.conditions).toMatchObject({
              dependenciesReady: true,
              wanted: true,
            });
          }
          if (state.name === "running" && before.name !== "running") {
            expect(before.name).toBe("starting");
          }
          if (state.name === "backing-off") {
            expect(state.delayMs).toBeLessThanOrEqual(backoff.maxMs);
            expect(state.failures).toBeGreaterThan(0);
          }
        }
      }),
    );
  });

  test("starts nothing after shutdown, and ends stopped once its end is seen", () => {
    fc.assert(
      fc.property(
        fc.array(anyEvent, { maxLength: 40 }),
        fc.array(anyEvent, { maxLength: 40 }),
        (before, after) => {
          let state = initialState;
          for (const step of before) {
            state = transition(
              state,
              eventAt(step, state, 0),
              step.conditions,
              restart,
            );
          }
          const { generation } = state;
          state = transition(
            state,
            events["conditions-changed"],
            conditions.shutdown,
            restart,
          );
          for (const step of after) {
            const down = { ...step.conditions, shutdown: true };
            state = transition(state, eventAt(step, state, 0), down, restart);
            expect(state.generation).toBe(generation);
            expect(["stopping", "stopped"]).toContain(state.name);
          }
          state = transition(
            state,
            { type: "closed", generation },
            conditions.shutdown,
            restart,
          );
          expect(state.name).toBe("stopped");
        },
      ),
    );
  });
});
