import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { onSharedTicks, tickMs } from "../../../agent/base/shared-ticks.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("calls each at its period, by one timer", () => {
  const calls: string[] = [];
  const ends = [
    onSharedTicks(tickMs, () => calls.push("short")),
    onSharedTicks(4 * tickMs, () => calls.push("long")),
  ];
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(8 * tickMs);
  expect(calls.filter((name) => name === "short")).toHaveLength(8);
  expect(calls.filter((name) => name === "long")).toHaveLength(2);
  for (const end of ends) end();
});

it("has those that joined later come due with the others", () => {
  const calls: number[] = [];
  const endFirst = onSharedTicks(4 * tickMs, () => calls.push(Date.now()));
  vi.advanceTimersByTime(2 * tickMs);
  const endSecond = onSharedTicks(4 * tickMs, () => calls.push(Date.now()));
  vi.advanceTimersByTime(2 * tickMs);
  expect(calls).toHaveLength(2);
  expect(new Set(calls).size).toBe(1);
  endFirst();
  endSecond();
});

it("leaves no timer behind, and can be ended twice and from within a call", () => {
  let calls = 0;
  const end = onSharedTicks(tickMs, () => {
    calls += 1;
    end();
  });
  vi.advanceTimersByTime(4 * tickMs);
  expect(calls).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
  end();
  const endOther = onSharedTicks(tickMs, () => (calls += 1));
  end();
  vi.advanceTimersByTime(tickMs);
  expect(calls).toBe(2);
  endOther();
});

it("takes a period that is no multiple for the next one", () => {
  let calls = 0;
  const ends = [
    onSharedTicks(1, () => (calls += 1)),
    onSharedTicks(2.2 * tickMs, () => (calls += 100)),
  ];
  vi.advanceTimersByTime(2 * tickMs);
  expect(calls).toBe(102);
  for (const end of ends) end();
});
