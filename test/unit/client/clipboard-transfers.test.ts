/**
 * How long a put to the session's clipboard may take: as long as it moves.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Contents } from "../../../client/src/clipboard-contents.ts";
import {
  answerMs,
  ClipboardError,
  ClipboardTransfers,
} from "../../../client/src/clipboard-transfers.ts";
import { BulkChannel } from "../../../signaling/protocol/bulk-channel.ts";
import type { ClientMessage } from "../../../signaling/protocol.ts";

let sent: ClientMessage[];
let bulk: BulkChannel;
let transfers: ClipboardTransfers;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  bulk = new BulkChannel("viewer", {
    sendFrame: () => undefined,
    sendMessage: (message) => sent.push(message),
  });
  transfers = new ClipboardTransfers({
    viewerId: "me",
    role: "controller",
    send: (message) => sent.push(message),
    bulk,
  });
});
afterEach(() => {
  transfers.close();
  bulk.close();
  vi.useRealTimers();
});

const contents: Contents = new Map([["text", new Uint8Array(1_048_576)]]);

/** The number of the transfer that was announced. */
function announced(): number {
  const put = sent.find(({ type }) => type === "clipboard-put");
  if (put?.type !== "clipboard-put") throw new Error("nothing was put");
  return put.formats[0]?.transfer ?? -1;
}

describe("a put", () => {
  it("takes as long as it needs while it moves", async () => {
    const put = transfers.put(contents);
    const pieces = 16;
    for (let piece = 1; piece <= pieces; piece += 1) {
      await vi.advanceTimersByTimeAsync(answerMs - 1_000);
      bulk.onMessage({
        type: "bulk-ack",
        transfer: announced(),
        bytes: piece * 65_536,
      });
    }
    await vi.advanceTimersByTimeAsync(answerMs - 1_000);
    transfers.onPutDone({ type: "clipboard-put-done", put: 1, serial: 7 });
    expect(await put).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("fails when nothing moves", async () => {
    const put = transfers.put(contents);
    const failure = put.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(answerMs - 1_000);
    bulk.onMessage({ type: "bulk-ack", transfer: announced(), bytes: 65_536 });
    await vi.advanceTimersByTimeAsync(answerMs - 1);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toBeInstanceOf(ClipboardError);
    expect(vi.getTimerCount()).toBe(0);
  });
});
