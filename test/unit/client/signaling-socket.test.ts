/**
 * When the page's WebSocket counts as dead.
 */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SignalingSocket } from "../../../client/src/signaling-socket.ts";
import { closeCodes, limits } from "../../../signaling/protocol.ts";

/** The browser's, as far as it is used. */
class FakeWebSocket extends EventTarget {
  static readonly OPEN = 1;
  static latest: FakeWebSocket;
  readyState = FakeWebSocket.OPEN;
  bufferedAmount = 0;
  binaryType = "blob";
  readonly sent: { type: string; id?: number }[] = [];

  constructor() {
    super();
    FakeWebSocket.latest = this;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string; id?: number });
  }

  close(): void {
    this.readyState = 3;
  }

  arrive(message: object): void {
    this.dispatchEvent(
      new MessageEvent("message", { data: JSON.stringify(message) }),
    );
  }

  /** The number of the latest ping. */
  get pingId(): number {
    return this.sent.findLast(({ type }) => type === "ping")?.id ?? 0;
  }
}

let socket: SignalingSocket;
let fake: FakeWebSocket;
let closedBy: number | undefined;
let unsendable: string[];
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeWebSocket);
  closedBy = undefined;
  unsendable = [];
  socket = new SignalingSocket({
    url: "ws://localhost",
    hello: { type: "hello", version: 1, token: "t", videoCodecs: [] },
    listener: {
      onMessage: () => undefined,
      onFrame: () => undefined,
      onUnsendable: (problem) => unsendable.push(problem),
      onClosed: (code) => {
        closedBy = code;
      },
    },
  });
  fake = FakeWebSocket.latest;
  fake.dispatchEvent(new Event("open"));
  fake.arrive({ type: "ping", id: 1 });
});
afterEach(() => {
  socket.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("an agent that says nothing is given up after its time", () => {
  vi.advanceTimersByTime(limits.pingTimeoutMs - 500);
  expect(closedBy).toBeUndefined();
  vi.advanceTimersByTime(1_500);
  expect(closedBy).toBe(closeCodes.timeout.code);
});

test("a probe that is not answered ends the connection soon", () => {
  socket.probe();
  vi.advanceTimersByTime(4_000);
  expect(closedBy).toBe(closeCodes.timeout.code);
});

test("what was on its way before the probe does not count as its answer", () => {
  socket.probe();
  fake.arrive({ type: "ping", id: 2 });
  fake.arrive({ type: "pong", id: fake.pingId - 1 });
  vi.advanceTimersByTime(4_000);
  expect(closedBy).toBe(closeCodes.timeout.code);
});

test("an agent that is busy sending may answer late", () => {
  socket.probe();
  for (let round = 0; round < 4; round += 1) {
    vi.advanceTimersByTime(2_000);
    fake.arrive({ type: "ping", id: 2 + round });
  }
  expect(closedBy).toBeUndefined();
});

test("an answered probe leaves the usual patience", () => {
  socket.probe();
  fake.arrive({ type: "pong", id: fake.pingId });
  vi.advanceTimersByTime(4_000);
  expect(closedBy).toBeUndefined();
});

test("a message that the agent would not take is not sent, and its problem is told", () => {
  const before = fake.sent.length;
  socket.send({ type: "control-give", viewer: undefined as unknown as string });
  socket.send({ type: "quality", maxFps: 29.97 });
  expect(fake.sent.length).toBe(before);
  expect(unsendable).toEqual([
    expect.stringContaining("control-give was not sent"),
    expect.stringContaining('the field "maxFps"'),
  ]);
  socket.send({ type: "quality", maxFps: 30 });
  expect(fake.sent.at(-1)).toEqual({ type: "quality", maxFps: 30 });
});
