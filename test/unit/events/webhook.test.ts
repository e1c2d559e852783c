import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pino } from "pino";
import {
  Outbox,
  Undeliverable,
  type Deliver,
} from "../../../agent/events/outbox.ts";
import type { EventRecord } from "../../../agent/events/session-event.ts";
import {
  isWorthAnotherTry,
  webhook,
  webhookHeaders,
} from "../../../agent/events/webhook.ts";

let server: Server;
let answer: (path: string) => { status: number; location?: string };
const seen: string[] = [];

beforeEach(async () => {
  seen.length = 0;
  answer = () => ({ status: 204 });
  server = createServer((request, response) => {
    seen.push(request.url ?? "");
    const { status, location } = answer(request.url ?? "");
    if (status === 0) return; // It never answers.
    response
      .writeHead(status, location === undefined ? {} : { location })
      .end("x".repeat(100_000));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function sender(): Deliver {
  const { port } = server.address() as AddressInfo;
  return webhook({
    url: `http://127.0.0.1:${port}/hook?a=1`,
    secret: "a secret",
    wallMs: () => 1_700_000_000_500,
  });
}

function deliver(signal = new AbortController().signal): Promise<void> {
  return sender()("{}", { id: "s-1" } as EventRecord, signal);
}

describe("the webhook", () => {
  it("signs time and body, so that neither can be changed", () => {
    const headers = webhookHeaders('{"a":"ä"}', {
      id: "s-1",
      nowMs: 1_700_000_000_500,
      secret: "a secret",
    });
    expect(headers["x-streamspace-timestamp"]).toBe("1700000000");
    expect(headers["content-length"]).toBe("10");
    expect(headers["x-streamspace-signature"]).toBe(
      `sha256=${createHmac("sha256", "a secret").update('1700000000.{"a":"ä"}').digest("hex")}`,
    );
  });

  it("signs nothing without a secret", () => {
    const headers = webhookHeaders("{}", {
      ...{ id: "s-1", nowMs: 0 },
      secret: undefined,
    });
    expect(Object.keys(headers)).not.toContain("x-streamspace-signature");
  });

  it("posts to the whole address", async () => {
    await deliver();
    expect(seen).toEqual(["/hook?a=1"]);
  });

  it.each([
    [408, true],
    [425, true],
    [429, true],
    [500, true],
    [503, true],
    [400, false],
    [401, false],
    [404, false],
    [410, false],
  ])("status %d is worth another try: %s", (status, expected) => {
    expect(isWorthAnotherTry(status)).toBe(expected);
  });

  it("gives up an event that is refused", async () => {
    answer = () => ({ status: 400 });
    await expect(deliver()).rejects.toBeInstanceOf(Undeliverable);
  });

  it("does not follow to another place", async () => {
    answer = () => ({ status: 307, location: "/elsewhere" });
    await expect(deliver()).rejects.toThrow(/answered 307/);
    expect(seen).toEqual(["/hook?a=1"]);
  });

  it("ends with its signal", async () => {
    answer = () => ({ status: 0 });
    await expect(deliver(AbortSignal.timeout(100))).rejects.toThrow();
  });

  it("that does not answer is said to be late, and its request is ended", async () => {
    answer = () => ({ status: 0 });
    const ended = new Promise((resolve) => {
      server.once("connection", (socket) => socket.once("close", resolve));
    });
    const outbox = new Outbox({
      ...{ name: "webhook", attemptMs: 100, log: pino({ level: "silent" }) },
      deliver: sender(),
    });
    outbox.push({
      ...{ id: "s-1", sequence: 1, session: "s", time: "" },
      event: { type: "session.ended", reason: "SIGTERM" },
    });
    await ended;
    expect(outbox.counts).toMatchObject({
      failures: 1,
      lastError: "timed out after 100 ms",
    });
    await outbox.close(0);
  });
});
