import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { FakeMediaSource } from "../../fakes/media.ts";
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

describe("the negotiation", () => {
  const answer = { type: "answer", negotiation: 1, sdp: "v=0 answer" };
  const candidate = (negotiation: number, line: string): unknown => ({
    type: "candidate",
    negotiation,
    candidate: { candidate: line },
  });
  const restart = { type: "restart" };

  test("moves to another codec when no encoder is left for the one that was offered", async () => {
    const offered = (): unknown[] =>
      one.socket.of("offer").map(({ video }) => video?.codec);
    one.host.video = (codecs) => {
      const codec =
        codecs.find((each) => !one.host.failed.has(each)) ?? codecs[0];
      return codec === undefined
        ? undefined
        : { codec, encoder: `${codec}enc`, source: new FakeMediaSource() };
    };
    one.say({ ...hello, videoCodecs: ["h264", "vp8"] });
    await one.pass(0);
    one.host.changeHealth();
    await one.pass(1_000);
    expect(offered()).toEqual(["h264"]);
    one.host.failed.add("h264");
    one.host.changeHealth();
    await one.pass(1_000);
    expect(offered()).toEqual(["h264", "vp8"]);
    // Back only with the next offer that is made anyway: two that fail must not take turns.
    one.host.failed.clear();
    one.host.changeHealth();
    await one.pass(1_000);
    one.host.failed.add("h264").add("vp8");
    one.host.video = () => undefined;
    one.host.changeHealth();
    await one.pass(1_000);
    expect(offered()).toEqual(["h264", "vp8"]);
  });

  test("holds candidates until the answer has been applied", async () => {
    await one.join();
    one.say(candidate(1, "early"));
    await one.pass(0);
    expect(one.host.peers[0]?.candidates).toEqual([]);
    one.say(answer);
    one.say({ type: "candidate", negotiation: 1, candidate: null });
    await one.pass(0);
    expect(one.host.peers[0]?.answers).toEqual(["v=0 answer"]);
    expect(one.host.peers[0]?.candidates).toEqual([
      { candidate: "early" },
      null,
    ]);
  });

  test("ignores answers and candidates of an offer that was replaced", async () => {
    await one.join();
    await one.pass(500);
    one.say(restart);
    await one.pass(0);
    expect(
      one.socket.of("offer").map(({ negotiation }) => negotiation),
    ).toEqual([1, 2]);
    expect(one.host.peers[0]?.closeCalls).toBe(1);
    one.say(answer);
    one.say(candidate(1, "stale"));
    one.say({ ...answer, negotiation: 3 });
    await one.pass(0);
    expect(one.host.peers.map(({ answers }) => answers.length)).toEqual([0, 0]);
    one.host.peers[0]?.options.listener.onCandidate({
      candidate: "of the old peer",
    });
    one.host.peers[0]?.options.listener.onInput(JSON.stringify(key));
    expect(one.socket.of("candidate")).toEqual([]);
    expect(one.host.seats[0]?.calls).toEqual([]);
  });

  test("refuses a second answer, and goes on with the first", async () => {
    await one.join();
    one.say(answer);
    one.say(answer);
    await one.pass(0);
    expect(one.socket.of("error")).toMatchObject([{ error: "out-of-order" }]);
    expect(one.host.peers[0]?.answers).toHaveLength(1);
    expect(one.viewer.isOpen).toBe(true);
  });

  test("makes one offer of many restarts", async () => {
    await one.join();
    for (let count = 0; count < 20; count += 1) one.say(restart);
    await one.pass(10_000);
    expect(one.host.peers).toHaveLength(2);
  });

  test("reports an answer that does not fit, closes that peer, and can begin anew", async () => {
    one.host.preparePeer = (peer) => {
      peer.answered = Promise.reject(
        new StreamSpaceError("negotiation-failed", "does not fit"),
      );
      peer.answered.catch(() => undefined);
    };
    await one.join();
    one.say(answer);
    await one.pass(0);
    expect(one.socket.of("error")).toMatchObject([
      { error: "negotiation-failed", message: "does not fit" },
    ]);
    expect(one.host.peers[0]?.closeCalls).toBe(1);
    await one.pass(500);
    one.say(restart);
    await one.pass(0);
    expect(one.socket.of("offer")).toHaveLength(2);
    expect(one.viewer.isOpen).toBe(true);
  });

  const section = (kind: string, mid: number, port = 9): string =>
    `m=${kind} ${port} UDP/TLS/RTP/SAVPF 96\r\na=mid:${mid}\r\n`;
  const sdp = (...sections: string[]): string =>
    ["v=0\r\n", ...sections].join("");

  test.each([
    { what: "rubbish", text: "rubbish" },
    { what: "nothing to answer with", text: sdp() },
    { what: "one section", text: sdp(section("video", 0)) },
    {
      what: "its sections in another order",
      text: sdp(section("audio", 1), section("video", 0)),
    },
    {
      what: "the names of another offer",
      text: sdp(section("video", 4), section("audio", 5)),
    },
    {
      what: "an offer",
      text: sdp(section("video", 0), section("audio", 1), "a=setup:actpass\n"),
    },
  ])("never gives the peer an answer with $what", async ({ text }) => {
    one.host.preparePeer = (peer) => {
      peer.offered = Promise.resolve(
        sdp(section("video", 0), section("audio", 1)),
      );
    };
    await one.join();
    one.say({ ...answer, sdp: text });
    await one.pass(0);
    expect(one.socket.of("error")).toEqual([
      {
        type: "error",
        error: "negotiation-failed",
        message: "the answer does not fit the offer",
      },
    ]);
    expect(one.host.peers[0]?.answers).toEqual([]);
    expect(one.host.peers[0]?.closeCalls).toBe(1);
    expect(one.viewer.isOpen).toBe(true);
  });

  test.each([
    {
      what: "takes all",
      text: sdp(section("video", 0), section("audio", 1), "a=setup:active\r\n"),
    },
    {
      what: "declines a section in full",
      text: sdp(section("video", 0, 0), section("audio", 1)),
    },
    {
      what: "declines a section in short",
      text: sdp("m=video 0 UDP/TLS/RTP/SAVPF 0\r\n", section("audio", 1)),
    },
  ])("gives the peer an answer that $what", async ({ text }) => {
    one.host.preparePeer = (peer) => {
      peer.offered = Promise.resolve(
        sdp(section("video", 0), section("audio", 1)),
      );
    };
    await one.join();
    one.say({ ...answer, sdp: text });
    await one.pass(0);
    expect(one.socket.of("error")).toEqual([]);
    expect(one.host.peers[0]?.answers).toEqual([text]);
  });

  test("refuses an answer to an offer that is still being made", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    one.host.preparePeer = (peer) => {
      peer.offered = promise;
    };
    await one.join();
    one.say(answer);
    expect(one.socket.of("error")).toMatchObject([{ error: "out-of-order" }]);
    resolve("v=0 offer");
    await one.pass(0);
    one.say(answer);
    expect(one.host.peers[0]?.answers, "now it fits").toHaveLength(1);
  });

  test("reports an answer that takes no video", async () => {
    one.host.preparePeer = (peer) => {
      peer.answered = Promise.resolve({ video: false, audio: true });
    };
    await one.join();
    one.say(answer);
    await one.pass(0);
    expect(one.socket.of("error")).toMatchObject([
      { error: "negotiation-failed" },
    ]);
    expect(one.viewer.isOpen).toBe(true);
  });

  test("says that there is no codec in common, and offers sound alone", async () => {
    one.say({ ...hello, videoCodecs: ["vp8"] });
    await one.pass(0);
    expect(one.socket.of("error")).toMatchObject([
      { error: "negotiation-failed" },
    ]);
    expect(one.socket.of("offer")).toMatchObject([
      { video: null, audio: true },
    ]);
  });

  test("survives a peer that cannot be made", async () => {
    one.host.preparePeer = () => {
      throw new Error("an ICE server without an address");
    };
    await one.join();
    expect(one.socket.of("error")).toMatchObject([
      { error: "negotiation-failed" },
    ]);
    expect(one.viewer.isOpen).toBe(true);
    one.host.preparePeer = () => undefined;
    await one.pass(500);
    one.say(restart);
    await one.pass(0);
    expect(one.socket.of("offer")).toHaveLength(1);
  });

  test("passes over a candidate that cannot be used", async () => {
    one.host.preparePeer = (peer) => {
      peer.candidateFailure = new Error("not a candidate");
    };
    await one.join();
    one.say(answer);
    one.say(candidate(1, "bad"));
    await one.pass(0);
    expect(one.socket.of("error")).toEqual([]);
    expect(one.viewer.isOpen).toBe(true);
  });

  test("takes at most 64 candidates of one peer", async () => {
    await one.join();
    one.say(answer);
    for (let count = 0; count < 200; count += 1)
      one.say(candidate(1, `number ${count}`));
    await one.pass(0);
    expect(one.host.peers[0]?.candidates).toHaveLength(64);
  });

  test("says that no connection came about", async () => {
    await one.join();
    one.host.peers[0]?.options.listener.onState("failed");
    expect(one.socket.of("error")).toMatchObject([
      { error: "negotiation-failed" },
    ]);
  });

  test("does not offer what comes too late for a viewer that has left", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    one.host.preparePeer = (peer) => {
      peer.offered = promise;
    };
    await one.join();
    one.say(restart);
    one.viewer.close("normal");
    resolve("v=0 late");
    await one.pass(10_000);
    expect(one.socket.of("offer")).toEqual([]);
    expect(one.host.peers).toHaveLength(1);
  });

  test("never logs SDP", async () => {
    await one.join();
    one.say({ ...answer, sdp: "v=0 secret-sdp" });
    await one.pass(0);
    expect(one.logged.join("")).not.toMatch(/secret-sdp|v=0/);
  });
});
