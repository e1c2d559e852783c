import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { IdleMemory } from "../../../agent/composition/idle-memory.ts";

let collections: number;
let memory: IdleMemory;

beforeEach(() => {
  vi.useFakeTimers();
  collections = 0;
  memory = new IdleMemory(() => {
    collections += 1;
  });
});
afterEach(() => {
  memory.close();
  vi.useRealTimers();
});

it("collects once, 12 s after the last viewer has gone", () => {
  memory.changed(1);
  memory.changed(0);
  vi.advanceTimersByTime(11_999);
  expect(collections).toBe(0);
  vi.advanceTimersByTime(60_000);
  expect(collections).toBe(1);
});

it("leaves those alone who are there, and those who come back at once", () => {
  memory.changed(2);
  memory.changed(1);
  vi.advanceTimersByTime(60_000);
  memory.changed(0);
  vi.advanceTimersByTime(5_000);
  memory.changed(1);
  vi.advanceTimersByTime(60_000);
  expect(collections).toBe(0);
});

it("collects nothing after the end", () => {
  memory.changed(0);
  memory.close();
  memory.close();
  vi.advanceTimersByTime(60_000);
  expect(collections).toBe(0);
});

it("gives pages back to the system", () => {
  vi.useRealTimers();
  const rubbish = Array.from({ length: 200_000 }, (_, index) => ({ index }));
  const before = process.memoryUsage().heapUsed;
  expect(rubbish.length).toBe(200_000);
  rubbish.length = 0;
  vi.useFakeTimers();
  const real = new IdleMemory();
  real.changed(0);
  vi.advanceTimersByTime(12_000);
  expect(process.memoryUsage().heapUsed).toBeLessThan(before);
  expect("gc" in globalThis).toBe(false);
});
