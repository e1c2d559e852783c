import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Presence } from "../../../agent/events/presence.ts";
import type { SessionEvent } from "../../../agent/events/session-event.ts";

const startMs = Date.parse("2026-01-01T00:00:00Z");

function presenceOf(idleAfterMs: number | undefined): {
  presence: Presence;
  events: SessionEvent[];
} {
  const events: SessionEvent[] = [];
  const presence = new Presence({
    clock: { nowMs: () => Date.now() - startMs, wallMs: () => Date.now() },
    idleAfterMs,
    onEvent: (event) => events.push(event),
  });
  return { presence, events };
}

beforeEach(() => {
  vi.useFakeTimers({ now: startMs });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("who is here", () => {
  it("is told with the number of viewers, and how long each stayed", () => {
    const { presence, events } = presenceOf(undefined);
    presence.joined("a", "controller");
    presence.joined("b", "viewer");
    vi.advanceTimersByTime(5_000);
    presence.left("a", "normal");
    presence.left("a", "normal");
    expect(events).toEqual([
      { type: "viewer.joined", viewer: "a", role: "controller", viewers: 1 },
      { type: "viewer.joined", viewer: "b", role: "viewer", viewers: 2 },
      {
        ...{ type: "viewer.left", viewer: "a", role: "controller" },
        ...{ viewers: 1, reason: "normal", stayedMs: 5_000 },
      },
    ]);
  });
});

describe("idle time", () => {
  it("counts from the start, and from the end of the last visit", () => {
    const { presence } = presenceOf(undefined);
    expect(presence.idle.sinceMs).toBe(startMs);
    presence.joined("a", "viewer");
    expect(presence.idle.sinceMs).toBeUndefined();
    presence.joined("b", "viewer");
    vi.advanceTimersByTime(1_000);
    presence.left("a", "timeout");
    expect(presence.idle.sinceMs).toBeUndefined();
    presence.left("b", "timeout");
    expect(presence.idle.sinceMs).toBe(startMs + 1_000);
  });

  it("of input counts from the latest of it", () => {
    const { presence } = presenceOf(undefined);
    expect(presence.idle.lastInputMs).toBeUndefined();
    vi.advanceTimersByTime(700);
    presence.input();
    vi.advanceTimersByTime(700);
    expect(presence.idle.lastInputMs).toBe(startMs + 700);
  });

  it("is told once when it has passed, and anew after the next visit", () => {
    const { presence, events } = presenceOf(10_000);
    vi.advanceTimersByTime(9_000);
    presence.joined("a", "viewer");
    vi.advanceTimersByTime(60_000);
    expect(events.map(({ type }) => type)).toEqual(["viewer.joined"]);
    presence.left("a", "normal");
    vi.advanceTimersByTime(60_000);
    expect(events.slice(2)).toEqual([
      {
        type: "session.idle",
        since: new Date(startMs + 69_000).toISOString(),
        idleMs: 10_000,
      },
    ]);
  });

  it("is not told after the end", () => {
    const { presence, events } = presenceOf(10_000);
    presence.close();
    presence.close();
    vi.advanceTimersByTime(60_000);
    expect(events).toEqual([]);
  });
});
