import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pino } from "pino";
import {
  Outbox,
  Undeliverable,
  type OutboxOptions,
} from "../../../agent/events/outbox.ts";
import type { EventRecord } from "../../../agent/events/session-event.ts";

function record(sequence: number): EventRecord {
  return {
    id: `s-${sequence}`,
    sequence,
    time: "2026-01-01T00:00:00.000Z",
    session: "s",
    event: { type: "session.ended", reason: "SIGTERM" },
  };
}

interface Sent {
  sequence: number;
  dropped?: number;
}

/** An outbox whose receiver does what `answers` says, one after the other, and takes everything after that. */
function outboxOf(
  answers: readonly ("take" | "fail" | "refuse" | "hang")[],
  more: Partial<OutboxOptions> = {},
): { outbox: Outbox; sent: Sent[]; tries: () => number } {
  const sent: Sent[] = [];
  let tries = 0;
  const outbox = new Outbox({
    name: "test",
    attemptMs: 1_000,
    log: pino({ level: "silent" }),
    random: () => 1,
    deliver: async (text) => {
      const answer = answers[tries] ?? "take";
      tries += 1;
      if (answer === "fail") throw new Error("away");
      if (answer === "refuse") throw new Undeliverable("no");
      if (answer === "hang") await new Promise(() => undefined);
      const { sequence, dropped } = JSON.parse(text) as Sent;
      sent.push({ sequence, ...(dropped === undefined ? {} : { dropped }) });
    },
    ...more,
  });
  return { outbox, sent, tries: () => tries };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("events on their way", () => {
  it("arrive in order, each once", async () => {
    const { outbox, sent } = outboxOf([]);
    for (const sequence of [1, 2, 3]) outbox.push(record(sequence));
    await settle();
    expect(sent).toEqual([{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }]);
    expect(outbox.counts).toMatchObject({ delivered: 3, queued: 0 });
  });

  it("are tried again with a growing pause, and nothing overtakes", async () => {
    const { outbox, sent, tries } = outboxOf(["fail", "fail", "fail"]);
    outbox.push(record(1));
    outbox.push(record(2));
    await settle(499);
    expect(tries()).toBe(1);
    await settle(1);
    expect(tries()).toBe(2);
    await settle(999);
    expect(tries()).toBe(2);
    await settle(1 + 2_000);
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(outbox.counts).toMatchObject({ failures: 3, lastError: undefined });
  });

  it("spread their tries over the upper half of the pause", async () => {
    const { outbox, tries } = outboxOf(["fail"], { random: () => 0 });
    outbox.push(record(1));
    await settle(249);
    expect(tries()).toBe(1);
    await settle(1);
    expect(tries()).toBe(2);
  });

  it("that hang are given up after the deadline and tried again", async () => {
    const { outbox, sent } = outboxOf(["hang"]);
    outbox.push(record(1));
    await settle(1_000 + 500);
    expect(sent).toEqual([{ sequence: 1 }]);
  });

  it("that are refused for good make way, and the next one says so", async () => {
    const { outbox, sent } = outboxOf(["refuse"]);
    outbox.push(record(1));
    outbox.push(record(2));
    await settle();
    expect(sent).toEqual([{ sequence: 2, dropped: 1 }]);
    expect(outbox.counts).toMatchObject({ dropped: 1, delivered: 1 });
  });

  it("push out the oldest that waits where there are too many, and say how many are missing", async () => {
    const { outbox, sent } = outboxOf(["fail"], { capacity: 3 });
    for (let sequence = 1; sequence <= 6; sequence += 1)
      outbox.push(record(sequence));
    expect(outbox.counts).toMatchObject({ queued: 3, dropped: 3 });
    await settle(500);
    expect(sent).toEqual([
      { sequence: 1 },
      { sequence: 5, dropped: 3 },
      { sequence: 6 },
    ]);
  });

  it("say how many are missing before them where the one that would have said so is dropped too", async () => {
    const { outbox, sent } = outboxOf(["fail", "take", "refuse"], {
      capacity: 3,
    });
    for (let sequence = 1; sequence <= 5; sequence += 1)
      outbox.push(record(sequence));
    await settle(500);
    expect(sent).toEqual([{ sequence: 1 }, { sequence: 5, dropped: 3 }]);
    expect(outbox.counts).toMatchObject({ dropped: 3, delivered: 2 });
  });

  it("say so also where nothing waited behind what was dropped", async () => {
    const { outbox, sent } = outboxOf(["refuse", "refuse"]);
    outbox.push(record(1));
    await settle();
    outbox.push(record(2));
    await settle();
    outbox.push(record(3));
    await settle();
    expect(sent).toEqual([{ sequence: 3, dropped: 2 }]);
  });
});

describe("the end", () => {
  it("waits for what can be delivered, without the pause", async () => {
    const { outbox, sent } = outboxOf(["fail", "fail", "fail", "fail"]);
    outbox.push(record(1));
    await settle(500 + 1_000);
    const closing = outbox.close(2_000);
    await settle(400);
    await closing;
    expect(sent).toEqual([{ sequence: 1 }]);
  });

  it("comes within its time whatever the receiver does, and twice is harmless", async () => {
    const { outbox, sent } = outboxOf(["hang"], { attemptMs: 60_000 });
    outbox.push(record(1));
    const closing = outbox.close(2_000);
    await settle(2_000);
    await closing;
    await outbox.close(2_000);
    outbox.push(record(2));
    await settle(120_000);
    expect(sent).toEqual([]);
    expect(outbox.counts).toMatchObject({ queued: 0, dropped: 1 });
  });
});
