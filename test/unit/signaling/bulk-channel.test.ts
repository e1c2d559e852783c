import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  BulkChannel,
  bulkHeaderBytes,
  bulkLimits,
} from "../../../signaling/protocol/bulk-channel.ts";
import type { BulkMessage } from "../../../signaling/protocol/bulk.ts";

/** Two channels that hear each other one turn later; `frames` are those that the agent has sent. */
function pair(): {
  agent: BulkChannel;
  viewer: BulkChannel;
  frames: Uint8Array[];
  toViewer: BulkMessage[];
} {
  const frames: Uint8Array[] = [];
  const toViewer: BulkMessage[] = [];
  const agent: BulkChannel = new BulkChannel("agent", {
    sendFrame: (frame) => {
      frames.push(frame);
      setImmediate(() => {
        viewer.onFrame(frame);
      });
    },
    sendMessage: (message) => {
      toViewer.push(message);
      setImmediate(() => {
        viewer.onMessage(message);
      });
    },
  });
  const viewer: BulkChannel = new BulkChannel("viewer", {
    sendFrame: (frame) => {
      setImmediate(() => {
        agent.onFrame(frame);
      });
    },
    sendMessage: (message) => {
      setImmediate(() => {
        agent.onMessage(message);
      });
    },
  });
  return { agent, viewer, frames, toViewer };
}

/** Sends from the agent and gives back what the viewer took. */
async function carry(
  content: Uint8Array,
  options: { slow?: boolean } = {},
): Promise<Uint8Array> {
  const { agent, viewer } = pair();
  const { transfer, done } = agent.send(content);
  const chunks: Uint8Array[] = [];
  const received = viewer.receive(transfer, {
    bytes: content.length,
    onChunk: async (chunk) => {
      if (options.slow === true)
        await new Promise((resolve) => setImmediate(resolve));
      chunks.push(chunk.slice());
    },
  });
  await Promise.all([done, received]);
  return Buffer.concat(chunks);
}

function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => (index * 31) & 0xff);
}

describe("a bulk transfer", () => {
  it("carries content of any size unchanged", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.nat(5_000),
          fc.constantFrom(
            bulkLimits.frameBytes,
            bulkLimits.frameBytes + 1,
            bulkLimits.windowBytes,
            2 * bulkLimits.windowBytes + 7,
          ),
        ),
        fc.boolean(),
        async (bytes, slow) => {
          const content = pattern(bytes);
          expect(Buffer.compare(await carry(content, { slow }), content)).toBe(
            0,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it("has no more than a window under way to a receiver that does not take it", async () => {
    const { agent, viewer, frames } = pair();
    const { transfer, done } = agent.send(pattern(4 * bulkLimits.windowBytes));
    const taken = Promise.withResolvers<undefined>();
    const received = viewer.receive(transfer, {
      bytes: 4 * bulkLimits.windowBytes,
      onChunk: () => taken.promise,
    });
    for (let turn = 0; turn < 100; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    const bytes = frames.reduce(
      (sum, frame) => sum + frame.length - bulkHeaderBytes,
      0,
    );
    expect(bytes).toBeLessThanOrEqual(bulkLimits.windowBytes);
    taken.resolve(undefined);
    await Promise.all([done, received]);
  });

  it("takes a source in pieces, and tells how far it is", async () => {
    const { agent, viewer } = pair();
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 5; count += 1) {
        await Promise.resolve();
        yield pattern(100_000);
      }
    }
    const told: number[] = [];
    const { transfer, done } = agent.send(pieces(), {
      onProgress: (bytes) => told.push(bytes),
    });
    await Promise.all([
      done,
      viewer.receive(transfer, { bytes: 500_000, onChunk: () => undefined }),
    ]);
    expect(told.at(-1)).toBe(500_000);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it("ends on both sides when either calls it off", async () => {
    for (const side of ["agent", "viewer"] as const) {
      const { agent, viewer } = pair();
      const abort = new AbortController();
      const signal = { signal: abort.signal };
      const { transfer, done } = agent.send(
        pattern(4 * bulkLimits.windowBytes),
        side === "agent" ? signal : {},
      );
      const received = viewer.receive(transfer, {
        bytes: 4 * bulkLimits.windowBytes,
        onChunk: () => new Promise((resolve) => setImmediate(resolve)),
        ...(side === "viewer" ? signal : {}),
      });
      setImmediate(() => {
        abort.abort();
      });
      const ends = await Promise.allSettled([done, received]);
      expect(ends).toMatchObject([
        { status: "rejected", reason: { reason: "cancelled" } },
        { status: "rejected", reason: { reason: "cancelled" } },
      ]);
    }
  });

  it("fails where more comes than was announced", async () => {
    const { agent, viewer } = pair();
    const { transfer, done } = agent.send(pattern(1_000));
    const received = viewer.receive(transfer, {
      bytes: 999,
      onChunk: () => undefined,
    });
    expect(await Promise.allSettled([done, received])).toMatchObject([
      { reason: { reason: "too-large" } },
      { reason: { reason: "too-large" } },
    ]);
  });

  it("fails where the receiver's owner fails, or the channel closes", async () => {
    const broken = pair();
    const sent = broken.agent.send(pattern(10));
    const received = broken.viewer.receive(sent.transfer, {
      bytes: 10,
      onChunk: () => Promise.reject(new Error("disk full")),
    });
    expect(await Promise.allSettled([sent.done, received])).toMatchObject([
      { reason: { reason: "failed" } },
      { reason: { reason: "failed" } },
    ]);
    const closed = pair();
    const { done } = closed.agent.send(pattern(10));
    closed.agent.close();
    await expect(done).rejects.toMatchObject({ reason: "closed" });
    await expect(closed.agent.send(pattern(1)).done).rejects.toMatchObject({
      reason: "closed",
    });
  });

  it("drops pieces that nobody waits for, and frames without a number", () => {
    const { viewer } = pair();
    expect(viewer.onFrame(new Uint8Array(2))).toBe(false);
    expect(viewer.onFrame(new Uint8Array(100))).toBe(true);
  });

  describe("with a peer that does not keep to the rules", () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    function alone(): { channel: BulkChannel; sent: BulkMessage[] } {
      const sent: BulkMessage[] = [];
      const channel = new BulkChannel("agent", {
        sendFrame: () => undefined,
        sendMessage: (message) => sent.push(message),
      });
      return { channel, sent };
    }

    it("fails when nothing moves for too long", async () => {
      const { channel, sent } = alone();
      const received = channel.receive(1, {
        bytes: 10,
        onChunk: () => undefined,
      });
      const failed = expect(received).rejects.toMatchObject({
        reason: "timeout",
      });
      await vi.advanceTimersByTimeAsync(bulkLimits.idleTimeoutMs);
      await failed;
      expect(sent).toEqual([
        { type: "bulk-end", transfer: 1, reason: "timeout" },
      ]);
    });

    it("fails when more than the window comes unacknowledged", async () => {
      const { channel } = alone();
      const received = channel.receive(1, {
        bytes: 2 ** 30,
        onChunk: () => new Promise(() => undefined),
      });
      const failed = expect(received).rejects.toMatchObject({
        reason: "overrun",
      });
      const frame = new Uint8Array(bulkHeaderBytes + bulkLimits.frameBytes);
      frame[3] = 1;
      for (let count = 0; count <= 8; count += 1) channel.onFrame(frame);
      await failed;
    });

    it("fails when what was never sent is acknowledged", async () => {
      const { channel } = alone();
      const { transfer, done } = channel.send(pattern(10));
      const failed = expect(done).rejects.toMatchObject({ reason: "overrun" });
      await vi.advanceTimersByTimeAsync(0);
      channel.onMessage({ type: "bulk-ack", transfer, bytes: 11 });
      await failed;
    });

    it("has a bound on how many there are at a time", async () => {
      const { channel } = alone();
      const ends = Array.from({ length: bulkLimits.transfers + 1 }, (_, n) =>
        channel.receive(2 * n + 1, { bytes: 1, onChunk: () => undefined }),
      );
      for (const end of ends) end.catch(() => undefined);
      await expect(ends.at(-1)).rejects.toMatchObject({ reason: "overrun" });
      channel.close();
    });
  });
});
