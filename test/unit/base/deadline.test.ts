import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  poll,
  settlesWithin,
  sleep,
  withDeadline,
} from "../../../agent/base/deadline.ts";

const never = new Promise<never>(() => undefined);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  vi.useRealTimers();
});

describe("withDeadline", () => {
  test("gives what the promise gives, and leaves no timer", async () => {
    await expect(
      withDeadline(Promise.resolve(7), { timeoutMs: 50, what: "a number" }),
    ).resolves.toBe(7);
  });

  test("passes on the promise's own failure", async () => {
    const failure = new Error("its own");
    await expect(
      withDeadline(Promise.reject(failure), {
        timeoutMs: 50,
        what: "a number",
      }),
    ).rejects.toBe(failure);
  });

  test("names what it waited for, and for how long", async () => {
    const wait = withDeadline(never, {
      timeoutMs: 50,
      what: "the first packet",
    });
    const outcome = expect(wait).rejects.toMatchObject({
      code: "timeout",
      message: "the first packet did not happen within 50 ms",
    });
    await vi.advanceTimersByTimeAsync(50);
    await outcome;
  });

  test("ends when its signal fires, with the signal's reason as the cause", async () => {
    const abort = new AbortController();
    const wait = withDeadline(never, {
      timeoutMs: 50,
      what: "x",
      signal: abort.signal,
    });
    const reason = new Error("called off");
    abort.abort(reason);
    await expect(wait).rejects.toMatchObject({
      code: "aborted",
      cause: reason,
    });
  });

  test("does not wait at all with a signal that has fired, and swallows the late failure", async () => {
    await expect(
      withDeadline(Promise.reject(new Error("late")), {
        timeoutMs: 50,
        what: "x",
        signal: AbortSignal.abort(),
      }),
    ).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("settlesWithin", () => {
  test("is true for a promise that settles either way, false for one that is late", async () => {
    await expect(settlesWithin(Promise.resolve(), 10)).resolves.toBe(true);
    await expect(
      settlesWithin(Promise.reject(new Error("x")), 10),
    ).resolves.toBe(true);
    const late = settlesWithin(never, 10);
    await vi.advanceTimersByTimeAsync(10);
    await expect(late).resolves.toBe(false);
  });
});

describe("sleep", () => {
  test("is called off by its signal", async () => {
    vi.useRealTimers(); // node:timers/promises is not among the timers that are faked.
    const abort = new AbortController();
    const sleeping = sleep(60_000, abort.signal);
    abort.abort();
    await expect(sleeping).rejects.toMatchObject({ code: "aborted" });
    vi.useFakeTimers();
  });
});

describe("poll", () => {
  beforeEach(() => {
    vi.useRealTimers();
  });
  afterEach(() => {
    vi.useFakeTimers();
  });

  test("asks until there is an answer", async () => {
    let asked = 0;
    const answer = await poll(() => (++asked === 3 ? "yes" : undefined), {
      everyMs: 1,
      timeoutMs: 1_000,
      what: "an answer",
    });
    expect({ answer, asked }).toEqual({ answer: "yes", asked: 3 });
  });

  test("gives up at its deadline", async () => {
    await expect(
      poll(() => undefined, { everyMs: 5, timeoutMs: 20, what: "an answer" }),
    ).rejects.toMatchObject({ code: "timeout" });
  });

  test("gives up at its deadline on an attempt that never comes back", async () => {
    await expect(
      poll(() => never, { everyMs: 5, timeoutMs: 20, what: "an answer" }),
    ).rejects.toMatchObject({ code: "timeout" });
  });

  test("is called off by its signal in the middle of an attempt", async () => {
    const abort = new AbortController();
    const polling = poll(() => never, {
      everyMs: 5,
      timeoutMs: 10_000,
      what: "an answer",
      signal: abort.signal,
    });
    abort.abort();
    await expect(polling).rejects.toMatchObject({ code: "aborted" });
  });

  test("fails with what an attempt fails with", async () => {
    const failure = new Error("broken");
    await expect(
      poll(() => Promise.reject(failure), {
        everyMs: 5,
        timeoutMs: 20,
        what: "an answer",
      }),
    ).rejects.toBe(failure);
  });
});
