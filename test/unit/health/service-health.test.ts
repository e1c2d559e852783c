import { describe, expect, test } from "vitest";
import {
  isFailing,
  isUsable,
  toleratedFailures,
} from "../../../agent/health/health-report.ts";
import {
  backingOff,
  running,
  service,
  standby,
  starting,
  waiting,
} from "../../fixtures/health-facts.ts";

test.each([
  { what: "running", snapshot: service("v", running), failing: false },
  { what: "resting", snapshot: service("v", standby), failing: false },
  { what: "waiting", snapshot: service("v", waiting), failing: false },
  { what: "not there", snapshot: undefined, failing: false },
  ...[starting, backingOff].flatMap((state) =>
    [toleratedFailures, toleratedFailures + 1].map((failures) => ({
      what: `${state.name} after ${failures} failures`,
      snapshot: service("v", { ...state, failures }),
      failing: failures > toleratedFailures,
    })),
  ),
])("failing: $what: $failing", ({ snapshot, failing }) => {
  expect(isFailing(snapshot)).toBe(failing);
});

describe("isUsable", () => {
  test.each([
    {
      what: "running and proven",
      snapshot: service("v", running),
      usable: true,
    },
    {
      what: "resting and proven",
      snapshot: service("v", standby),
      usable: true,
    },
    {
      what: "starting after a proven run",
      snapshot: service("v", starting),
      usable: true,
    },
    ...[starting, backingOff].flatMap((state) => [
      {
        what: `${state.name} after a failure or two`,
        snapshot: service("v", { ...state, failures: toleratedFailures }),
        usable: true,
      },
      {
        what: `${state.name} after one too many`,
        snapshot: service("v", { ...state, failures: toleratedFailures + 1 }),
        usable: false,
      },
      {
        what: `${state.name} after a start that failed`,
        snapshot: service("v", { ...state, failures: 1 }, { proven: false }),
        usable: false,
      },
    ]),
    { what: "waiting", snapshot: service("v", waiting), usable: false },
    {
      what: "never proven",
      snapshot: service("v", running, { proven: false }),
      usable: false,
    },
    { what: "not there", snapshot: undefined, usable: false },
  ])("$what: $usable", ({ snapshot, usable }) => {
    expect(isUsable(snapshot)).toBe(usable);
  });
});
