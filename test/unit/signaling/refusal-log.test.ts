import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RefusalLog } from "../../../signaling/refusal-log.ts";
import { recordingLog } from "../../fakes/logs.ts";

let lines: string[];
let refusals: RefusalLog;
beforeEach(() => {
  vi.useFakeTimers();
  const recording = recordingLog();
  lines = recording.lines;
  refusals = new RefusalLog(recording.log);
});
afterEach(() => {
  refusals.close();
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  vi.useRealTimers();
});

function refuse(times: number): void {
  for (let time = 0; time < times; time += 1)
    refusals.note("unauthorized", "the token is missing or wrong");
}

test("writes the first refusal at once, and the others as one line a minute", () => {
  refuse(1_000);
  refusals.note("timeout", "no hello came in time");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("the token is missing or wrong");
  vi.advanceTimersByTime(59_999);
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({
    refusals: { unauthorized: 999, timeout: 1 },
  });
  refuse(1);
  expect(lines, "not within a minute of the summary").toHaveLength(2);
  vi.advanceTimersByTime(60_000);
  expect(JSON.parse(lines[2] ?? "")).toMatchObject({
    refusals: { unauthorized: 1 },
  });
});

test("says nothing of a quiet minute, and speaks at once after it", () => {
  refuse(1);
  vi.advanceTimersByTime(600_000);
  expect(lines).toHaveLength(1);
  refuse(1);
  expect(lines).toHaveLength(2);
});

test("writes what is left when it is closed, once, and nothing afterwards", () => {
  refuse(3);
  refusals.close();
  refusals.close();
  refuse(3);
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({
    refusals: { unauthorized: 2 },
  });
});
