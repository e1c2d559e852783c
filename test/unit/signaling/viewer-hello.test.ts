import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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
    one.viewer.onText(text);
    await one.pass(0);
    one.expectRefusal(error, reason);
    expect(one.host.peers).toEqual([]);
    expect(one.host.seats).toEqual([]);
    expect(one.host.places).toBe(1);
  });

  test("five seconds of silence are refused as timeout", async () => {
    await one.pass(limits.helloTimeoutMs - 1);
    expect(one.socket.closes).toEqual([]);
    await one.pass(1);
    one.expectRefusal("timeout", "timeout");
  });

  test("a refusal is the host's to log, which many of them must not flood", () => {
    one.viewer.onText("{");
    expect(one.host.refusals).toEqual(["bad-message"]);
    expect(one.logged).toEqual([]);
  });

  test("a full session refuses", () => {
    one.host.places = 0;
    one.say(hello);
    one.expectRefusal("full", "full");
  });

  test("what comes after a refusal is not looked at", async () => {
    one.viewer.onText("{");
    await one.join();
    one.viewer.close("normal");
    one.expectRefusal("bad-message", "badMessage");
    expect(one.socket.of("welcome")).toEqual([]);
  });

  test.each(["right", "wr0ng-secret"])(
    "a token never reaches the log: %s",
    async (token) => {
      one.say({ ...hello, token });
      await one.pass(0);
      expect(one.logged.join("")).not.toContain(token);
    },
  );
});

describe("hello from an address that was wrong too often", () => {
  beforeEach(() => {
    one.host.slowed = true;
  });

  test("is looked at a second later, and the right token gets in", async () => {
    one.say(hello);
    await one.pass(999);
    expect(one.socket.sent).toEqual([]);
    expect(one.viewer.phase).toBe("waiting");
    await one.pass(1);
    expect(one.socket.of("welcome")).toHaveLength(1);
    expect(one.viewer.isOpen).toBe(true);
    await one.pass(limits.helloTimeoutMs);
    expect(one.socket.closes, "the wait for hello is over").toEqual([]);
  });

  test("is refused a second later for a wrong token", async () => {
    one.say({ ...hello, token: "wrong" });
    await one.pass(999);
    expect(one.socket.closes).toEqual([]);
    await one.pass(1);
    one.expectRefusal("unauthorized", "unauthorized");
    expect(one.host.refusals).toEqual(["unauthorized"]);
  });

  test("is refused at once for another version", () => {
    one.say({ ...hello, version: 2 });
    one.expectRefusal("version", "version");
  });

  test.each([
    { what: "a second hello", message: hello },
    { what: "a key", message: key },
  ])("and then $what is out of order", async ({ message }) => {
    one.say(hello);
    one.say(message);
    one.expectRefusal("out-of-order", "outOfOrder");
    await one.pass(1_000);
    expect(one.socket.of("welcome")).toEqual([]);
    expect(one.host.seats).toEqual([]);
  });

  test("and then a large message is still too large", () => {
    one.say(hello);
    one.viewer.onText(`"${"x".repeat(limits.helloBytes)}"`);
    one.expectRefusal("too-large", "tooLarge");
  });

  test("is forgotten when the viewer leaves meanwhile", async () => {
    one.say(hello);
    one.viewer.close("normal");
    await one.pass(1_000);
    expect(one.socket.sent).toEqual([]);
    expect(one.host.places).toBe(1);
  });
});
