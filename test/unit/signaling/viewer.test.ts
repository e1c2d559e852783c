import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { limits } from "../../../signaling/protocol.ts";
import { hello, key, OneViewer } from "../../fakes/one-viewer.ts";

let one: OneViewer;
beforeEach(() => {
  vi.useFakeTimers();
  one = new OneViewer();
});
afterEach(() => {
  one.leave();
  vi.useRealTimers();
});

describe("a viewer that has come in", () => {
  test("is welcomed, told the health and made an offer, in this order", async () => {
    await one.join();
    expect(one.socket.sent.map(({ type }) => type)).toEqual([
      "welcome",
      "health",
      "offer",
    ]);
    expect(one.socket.of("welcome")[0]).toMatchObject({
      version: 1,
      screen: { width: 1_920, height: 1_080 },
      iceServers: [{ urls: "stun:stun.example" }],
      iceTransportPolicy: "all",
      agentVersion: "1.2.3",
    });
    expect(one.socket.of("offer")[0]).toEqual({
      type: "offer",
      negotiation: 1,
      sdp: "v=0 offer",
      video: { codec: "h264", encoder: "x264enc" },
      audio: true,
    });
    expect(one.viewer.isOpen).toBe(true);
  });

  test("may not say hello again", async () => {
    await one.join();
    one.say(hello);
    one.expectRefusal("out-of-order", "outOfOrder");
    expect(one.host.places, "its place is free again").toBe(1);
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
    await one.join();
    one.viewer.onText(text);
    one.expectRefusal(error, reason);
  });

  test("is refused for more messages than anybody types", async () => {
    await one.join();
    for (let count = 0; count < limits.messagesPerSecond; count += 1) {
      one.viewer.onText('{"type":"pong","id":1}');
    }
    one.expectRefusal("too-many", "tooMany");
  });

  test("gets an answer to its ping", async () => {
    await one.join();
    one.say({ type: "ping", id: 42 });
    expect(one.socket.of("pong")).toEqual([{ type: "pong", id: 42 }]);
  });

  test("is pinged, and given up on when nothing is heard for fifteen seconds", async () => {
    await one.join();
    await one.pass(5_000);
    await one.pass(5_000);
    expect(one.socket.of("ping").map(({ id }) => id)).toEqual([1, 2]);
    one.say({ type: "pong", id: 2 });
    await one.pass(5_000);
    await one.pass(5_000);
    await one.pass(5_000);
    expect(one.socket.closes).toEqual([]);
    await one.pass(5_000);
    one.expectRefusal("timeout", "timeout");
  });

  test("hears of a burst of changes of health once", async () => {
    await one.join();
    for (let change = 0; change < 10; change += 1) one.host.changeHealth();
    await one.pass(200);
    expect(one.socket.of("health")).toHaveLength(2);
    one.host.changeHealth();
    await one.pass(200);
    expect(one.socket.of("health")).toHaveLength(3);
  });

  test("is told another size of the screen, once, together with the health", async () => {
    await one.join();
    one.host.changeHealth();
    await one.pass(200);
    expect(one.socket.of("screen"), "as it was told in welcome").toEqual([]);
    one.host.screenSize = { width: 1_280, height: 1_080 };
    one.host.changeHealth();
    await one.pass(200);
    one.host.changeHealth();
    await one.pass(200);
    expect(one.socket.of("screen")).toEqual([
      { type: "screen", width: 1_280, height: 1_080 },
    ]);
    one.host.screenSize = { width: 1_920, height: 1_080 };
    one.host.changeHealth();
    await one.pass(200);
    expect(one.socket.of("screen")).toHaveLength(2);
  });

  test("is told another size of the screen at once, and not twice", async () => {
    await one.join();
    one.host.changeScreen(800, 600);
    expect(one.socket.of("screen")).toEqual([
      { type: "screen", width: 800, height: 600 },
    ]);
    one.host.changeScreen(800, 600);
    one.host.changeHealth();
    await one.pass(200);
    expect(one.socket.of("screen")).toHaveLength(1);
    one.viewer.close("normal");
    expect(one.host.listensToScreen).toBe(false);
  });

  test("leaves nothing behind: keys, place, peer, timers", async () => {
    await one.join();
    one.host.changeHealth();
    one.viewer.close("normal");
    one.viewer.close("normal");
    await one.pass(60_000);
    expect(one.socket.closes).toEqual(["normal"]);
    expect(one.host.seats[0]?.calls).toEqual(["close"]);
    expect(one.host.peers[0]?.closeCalls).toBe(1);
    expect(one.host.places).toBe(1);
    expect(one.host.listensToHealth).toBe(false);
    expect(one.viewer.peerStats()).toBeUndefined();
  });
});

describe("input", () => {
  test("is applied from the socket and from a data channel, in one sequence", async () => {
    await one.join();
    one.say({ type: "motion", seq: 5, x: 50, y: 5 });
    const { listener } = one.host.peers[0]?.options ?? expect.fail("no peer");
    listener.onInput('{"type":"motion","seq":4,"x":40,"y":4}');
    listener.onInput(JSON.stringify({ ...key, seq: 6 }));
    expect(one.host.seats[0]?.calls).toEqual([
      "motion 50,5",
      "key 97 KeyA down",
    ]);
  });

  test("that makes no sense on a data channel is refused", async () => {
    await one.join();
    one.host.peers[0]?.options.listener.onInput('{"type":"restart"}');
    one.expectRefusal("bad-message", "badMessage");
  });

  test("without a display is reported, and the viewer stays", async () => {
    await one.join();
    const [seat] = one.host.seats;
    if (seat !== undefined)
      seat.failure = new StreamSpaceError("display-unreachable", "no display");
    one.say(key);
    expect(one.socket.of("error")).toEqual([
      {
        type: "error",
        error: "input-unavailable",
        message: "no display",
        about: "key",
      },
    ]);
    expect(one.viewer.isOpen).toBe(true);
  });

  test("never reaches the log", async () => {
    await one.join();
    one.say({ ...key, keysym: 0x1234567, code: "SecretCode" });
    one.viewer.onText(
      '{"type":"key","seq":2,"keysym":"SecretSym","code":"SecretCode"}',
    );
    expect(one.logged.join("")).not.toMatch(/Secret|19088743/);
  });
});
