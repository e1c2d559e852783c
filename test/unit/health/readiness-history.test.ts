import { expect, it } from "vitest";
import { ReadinessHistory } from "../../../agent/health/readiness-history.ts";

const at = (seconds: number): string =>
  new Date(1_700_000_000_000 + seconds * 1_000).toISOString();

it("remembers since when, how often it was not ready, and why the last time", () => {
  let seconds = 0;
  const history = new ReadinessHistory(
    () => 1_700_000_000_000 + seconds * 1_000,
  );
  const note = (
    second: number,
    status: "ready" | "degraded" | "not-ready",
    reasons: string[] = [],
  ): unknown => {
    seconds = second;
    return history.note({ status, reasons });
  };
  expect(note(1, "not-ready", ["starting"])).toEqual({
    ...{ since: at(0), timesNotReady: 0 },
    lastNotReady: { since: at(0), until: null, reasons: ["starting"] },
  });
  expect(note(2, "ready")).toEqual({
    ...{ since: at(2), timesNotReady: 0 },
    lastNotReady: { since: at(0), until: at(2), reasons: ["starting"] },
  });
  note(3, "degraded", ["no sound"]);
  note(4, "not-ready", ["a"]);
  expect(note(5, "not-ready", ["a", "b"])).toEqual({
    ...{ since: at(4), timesNotReady: 1 },
    lastNotReady: { since: at(4), until: null, reasons: ["a", "b"] },
  });
  expect(note(6, "degraded", ["no sound"])).toEqual({
    ...{ since: at(6), timesNotReady: 1 },
    lastNotReady: { since: at(4), until: at(6), reasons: ["a", "b"] },
  });
});
