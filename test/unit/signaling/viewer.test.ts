import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import {
  limits,
  type ErrorName,
  type CloseReason,
} from "../../../signaling/protocol.ts";
import { Viewer } from "../../../signaling/viewer.ts";
import { recordingLog } from "../../fakes/logs.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { FakeHost, FakeViewerSocket } from "../../fakes/viewer-world.ts";

const hello = {
  type: "hello",
  version: 1,
  token: "right",
  videoCodecs: ["h264"],
};
const key = { type: "key", seq: 1, keysym: 0x61, code: "KeyA", pressed: true };

let clock: ManualClock;
let host: FakeHost;
let socket: FakeViewerSocket;
let viewer: Viewer;
let logged: string[];

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock();
  host = new FakeHost();
  connect();
});
afterEach(() => {
  viewer.close("normal");
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  vi.useRealTimers();
});

function connect(): void {
  socket = new FakeViewerSocket();
  const { log, lines } = recordingLog();
  logged = lines;
  viewer = new Viewer({ host, socket, clock, log });
}

function say(message: unknown): void {
  viewer.onText(JSON.stringify(message));
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await vi.advanceTimersByTimeAsync(ms);
}

async function join(): Promise<void> {
  say(hello);
  await pass(0);
}

function expectRefusal(error: ErrorName, reason: CloseReason): void {
  expect(socket.of("error").at(-1)).toMatchObject({ error });
  expect(socket.closes).toEqual([reason]);
  expect(viewer.isOpen).toBe(false);
}

describe("before hello", () => {
  test.each([
    {
      what: "text that is not JSON",
      text: "{",
      error: "bad-message",
      reason: "badMessage",
    },
    {
      what: "an unknown message",
      text: '{"type":"x"}',
      error: "bad-message",
      reason: "badMessage",
    },
    {
      what: "a key",
      text: JSON.stringify(key),
      error: "unauthorized",
      reason: "unauthorized",
    },
    {
      what: "a ping",
      text: '{"type":"ping","id":1}',
      error: "unauthorized",
      reason: "unauthorized",
    },
    {
      what: "an answer",
      text: '{"type":"answer","negotiation":1,"sdp":"x"}',
      error: "unauthorized",
      reason: "unauthorized",
    },
    {
      what: "more than 4 kB",
      text: JSON.stringify({ ...hello, token: "x".repeat(5_000) }),
      error: "too-large",
      reason: "tooLarge",
    },
    {
      what: "a wrong token",
      text: JSON.stringify({ ...hello, token: "wrong" }),
      error: "unauthorized",
      reason: "unauthorized",
    },
    {
      what: "an empty token",
      text: JSON.stringify({ ...hello, token: "" }),
      error: "unauthorized",
      reason: "unauthorized",
    },
    {
      what: "another version",
      text: JSON.stringify({ ...hello, version: 2 }),
      error: "version",
      reason: "version",
    },
  ] as const)("$what is refused as $error", async ({ text, error, reason }) => {
    viewer.onText(text);
    await pass(0);
    expectRefusal(error, reason);
    expect(host.peers).toEqual([]);
    expect(host.seats).toEqual([]);
    expect(host.places).toBe(1);
  });

  test("five seconds of silence are refused as timeout", async () => {
    await pass(limits.helloTimeoutMs - 1);
    expect(socket.closes).toEqual([]);
    await pass(1);
    expectRefusal("timeout", "timeout");
  });

  test("a refusal is the host's to log, which many of them must not flood", () => {
    viewer.onText("{");
    expect(host.refusals).toEqual(["bad-message"]);
    expect(logged).toEqual([]);
  });

  test("a full session refuses", () => {
    host.places = 0;
    say(hello);
    expectRefusal("full", "full");
  });

  test("what comes after a refusal is not looked at", async () => {
    viewer.onText("{");
    await join();
    viewer.close("normal");
    expectRefusal("bad-message", "badMessage");
    expect(socket.of("welcome")).toEqual([]);
  });

  test("a token never reaches the log, right or wrong", async () => {
    say({ ...hello, token: "wr0ng-secret" });
    connect();
    await join();
    expect(logged.join("")).not.toContain("right");
    expect(logged.join("")).not.toContain("wr0ng-secret");
  });
});

describe("hello from an address that was wrong too often", () => {
  beforeEach(() => {
    host.slowed = true;
  });

  test("is looked at a second later, and the right token gets in", async () => {
    say(hello);
    await pass(999);
    expect(socket.sent).toEqual([]);
    expect(viewer.phase).toBe("waiting");
    await pass(1);
    expect(socket.of("welcome")).toHaveLength(1);
    expect(viewer.isOpen).toBe(true);
    await pass(limits.helloTimeoutMs);
    expect(socket.closes, "the wait for hello is over").toEqual([]);
  });

  test("is refused a second later for a wrong token", async () => {
    say({ ...hello, token: "wrong" });
    await pass(999);
    expect(socket.closes).toEqual([]);
    await pass(1);
    expectRefusal("unauthorized", "unauthorized");
    expect(host.refusals).toEqual(["unauthorized"]);
  });

  test("is refused at once for another version", () => {
    say({ ...hello, version: 2 });
    expectRefusal("version", "version");
  });

  test.each([
    { what: "a second hello", message: hello },
    { what: "a key", message: key },
  ])("and then $what is out of order", async ({ message }) => {
    say(hello);
    say(message);
    expectRefusal("out-of-order", "outOfOrder");
    await pass(1_000);
    expect(socket.of("welcome")).toEqual([]);
    expect(host.seats).toEqual([]);
  });

  test("and then a large message is still too large", () => {
    say(hello);
    viewer.onText(`"${"x".repeat(limits.helloBytes)}"`);
    expectRefusal("too-large", "tooLarge");
  });

  test("is forgotten when the viewer leaves meanwhile", async () => {
    say(hello);
    viewer.close("normal");
    await pass(1_000);
    expect(socket.sent).toEqual([]);
    expect(host.places).toBe(1);
  });
});

describe("a viewer that has come in", () => {
  test("is welcomed, told the health and made an offer, in this order", async () => {
    await join();
    expect(socket.sent.map(({ type }) => type)).toEqual([
      "welcome",
      "health",
      "offer",
    ]);
    expect(socket.of("welcome")[0]).toMatchObject({
      version: 1,
      screen: { width: 1_920, height: 1_080 },
      iceServers: [{ urls: "stun:stun.example" }],
      iceTransportPolicy: "all",
      agentVersion: "1.2.3",
    });
    expect(socket.of("offer")[0]).toEqual({
      type: "offer",
      negotiation: 1,
      sdp: "v=0 offer",
      video: { codec: "h264", encoder: "x264enc" },
      audio: true,
    });
    expect(viewer.isOpen).toBe(true);
  });

  test("may not say hello again", async () => {
    await join();
    say(hello);
    expectRefusal("out-of-order", "outOfOrder");
    expect(host.places, "its place is free again").toBe(1);
  });

  test.each([
    {
      what: "rubbish",
      text: "rubbish",
      error: "bad-message",
      reason: "badMessage",
    },
    {
      what: "an unknown button",
      text: '{"type":"button","seq":1,"button":4,"pressed":true,"x":1,"y":1}',
      error: "bad-message",
      reason: "badMessage",
    },
    {
      what: "more than 64 kB",
      text: `"${"€".repeat(21_845)}"`,
      error: "too-large",
      reason: "tooLarge",
    },
  ] as const)("is refused for $what", async ({ text, error, reason }) => {
    await join();
    viewer.onText(text);
    expectRefusal(error, reason);
  });

  test("is refused for more messages than anybody types", async () => {
    await join();
    for (let count = 0; count < limits.messagesPerSecond; count += 1) {
      viewer.onText('{"type":"pong","id":1}');
    }
    expectRefusal("too-many", "tooMany");
  });

  test("gets an answer to its ping", async () => {
    await join();
    say({ type: "ping", id: 42 });
    expect(socket.of("pong")).toEqual([{ type: "pong", id: 42 }]);
  });

  test("is pinged, and given up on when nothing is heard for fifteen seconds", async () => {
    await join();
    await pass(5_000);
    await pass(5_000);
    expect(socket.of("ping").map(({ id }) => id)).toEqual([1, 2]);
    say({ type: "pong", id: 2 });
    await pass(5_000);
    await pass(5_000);
    await pass(5_000);
    expect(socket.closes).toEqual([]);
    await pass(5_000);
    expectRefusal("timeout", "timeout");
  });

  test("hears of a burst of changes of health once", async () => {
    await join();
    for (let change = 0; change < 10; change += 1) host.changeHealth();
    await pass(200);
    expect(socket.of("health")).toHaveLength(2);
    host.changeHealth();
    await pass(200);
    expect(socket.of("health")).toHaveLength(3);
  });

  test("is told another size of the screen, once, together with the health", async () => {
    await join();
    host.changeHealth();
    await pass(200);
    expect(socket.of("screen"), "as it was told in welcome").toEqual([]);
    host.screenSize = { width: 1_280, height: 1_080 };
    host.changeHealth();
    await pass(200);
    host.changeHealth();
    await pass(200);
    expect(socket.of("screen")).toEqual([
      { type: "screen", width: 1_280, height: 1_080 },
    ]);
    host.screenSize = { width: 1_920, height: 1_080 };
    host.changeHealth();
    await pass(200);
    expect(socket.of("screen")).toHaveLength(2);
  });

  test("is told another size of the screen at once, and not twice", async () => {
    await join();
    host.changeScreen(800, 600);
    expect(socket.of("screen")).toEqual([
      { type: "screen", width: 800, height: 600 },
    ]);
    host.changeScreen(800, 600);
    host.changeHealth();
    await pass(200);
    expect(socket.of("screen")).toHaveLength(1);
    viewer.close("normal");
    expect(host.listensToScreen).toBe(false);
  });

  test("leaves nothing behind: keys, place, peer, timers", async () => {
    await join();
    host.changeHealth();
    viewer.close("normal");
    viewer.close("normal");
    await pass(60_000);
    expect(socket.closes).toEqual(["normal"]);
    expect(host.seats[0]?.calls).toEqual(["close"]);
    expect(host.peers[0]?.closeCalls).toBe(1);
    expect(host.places).toBe(1);
    expect(host.listensToHealth).toBe(false);
    expect(viewer.peerStats()).toBeUndefined();
  });
});

describe("input", () => {
  test("is applied from the socket and from a data channel, in one sequence", async () => {
    await join();
    say({ type: "motion", seq: 5, x: 50, y: 5 });
    const { listener } = host.peers[0]?.options ?? expect.fail("no peer");
    listener.onInput('{"type":"motion","seq":4,"x":40,"y":4}');
    listener.onInput(JSON.stringify({ ...key, seq: 6 }));
    expect(host.seats[0]?.calls).toEqual(["motion 50,5", "key 97 KeyA down"]);
  });

  test("that makes no sense on a data channel is refused", async () => {
    await join();
    host.peers[0]?.options.listener.onInput('{"type":"restart"}');
    expectRefusal("bad-message", "badMessage");
  });

  test("without a display is reported, and the viewer stays", async () => {
    await join();
    const [seat] = host.seats;
    if (seat !== undefined)
      seat.failure = new StreamSpaceError("display-unreachable", "no display");
    say(key);
    expect(socket.of("error")).toEqual([
      {
        type: "error",
        error: "input-unavailable",
        message: "no display",
        about: "key",
      },
    ]);
    expect(viewer.isOpen).toBe(true);
  });

  test("never reaches the log", async () => {
    await join();
    say({ ...key, keysym: 0x1234567, code: "SecretCode" });
    viewer.onText(
      '{"type":"key","seq":2,"keysym":"SecretSym","code":"SecretCode"}',
    );
    expect(logged.join("")).not.toMatch(/Secret|19088743/);
  });
});
