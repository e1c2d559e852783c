import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  FakeInstance,
  pendingService,
  stateOf,
  supervise,
  willingService,
} from "../../fakes/service-specs.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("the end", () => {
  test("comes in reverse order, once, and leaves no timer", async () => {
    const journal: string[] = [];
    const display = willingService("display", journal);
    const manager = willingService("manager", journal, {
      requires: ["display"],
    });
    const audio = willingService("audio", journal, {
      onDemand: { lingerMs: 500 },
    });
    const supervisor = supervise(display.spec, manager.spec, audio.spec);
    const release = supervisor.service("audio").acquire();
    await settle();
    journal.length = 0;
    await Promise.all([supervisor.close(), supervisor.close()]);
    await supervisor.close();
    release();
    expect(journal).toEqual(["close audio", "close manager", "close display"]);
    expect(supervisor.snapshot().map(({ state }) => state.name)).toEqual([
      "stopped",
      "stopped",
      "stopped",
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("calls off a start that is under way, and closes what it still brings", async () => {
    const encoder = pendingService("encoder");
    const supervisor = supervise(encoder.spec);
    await settle();
    const closing = supervisor.close();
    await settle();
    expect(encoder.starts[0]?.context.signal.aborted).toBe(true);
    const late = encoder.starts[0]?.succeed();
    await settle();
    await closing;
    expect(late?.closeCalls).toBe(1);
    expect(stateOf(supervisor, "encoder")).toBe("stopped");
  });

  test("calls off the wait for another attempt", async () => {
    const encoder = pendingService("encoder");
    const supervisor = supervise(encoder.spec);
    await settle();
    encoder.starts[0]?.fail(new Error("no"));
    await settle();
    await supervisor.close();
    await pass(60_000);
    expect(encoder.starts).toHaveLength(1);
    expect(stateOf(supervisor, "encoder")).toBe("stopped");
  });

  test("is not held up for ever by a service that does not close", async () => {
    const encoder = pendingService("encoder");
    const supervisor = supervise(encoder.spec);
    await settle();
    encoder.starts[0]?.succeed(
      new FakeInstance(() => new Promise(() => undefined)),
    );
    await settle();
    let ended = false;
    const closing = supervisor.close().then(() => {
      ended = true;
    });
    await pass(2_999);
    expect(ended).toBe(false);
    await pass(1);
    await closing;
    expect(ended).toBe(true);
  });

  test("keeps leases that come later from starting anything", async () => {
    const journal: string[] = [];
    const audio = willingService("audio", journal, {
      onDemand: { lingerMs: 500 },
    });
    const supervisor = supervise(audio.spec);
    await supervisor.close();
    const release = supervisor.service("audio").acquire();
    await settle();
    release();
    expect(journal).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
