import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { Viewer } from "../../../signaling/viewer.ts";
import { recordingLog } from "../../fakes/logs.ts";
import { FakeMediaSource } from "../../fakes/media.ts";
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
      socket.of("offer").map(({ video }) => video?.codec);
    host.video = (codecs) => {
      const codec = codecs.find((one) => !host.failed.has(one)) ?? codecs[0];
      return codec === undefined
        ? undefined
        : { codec, encoder: `${codec}enc`, source: new FakeMediaSource() };
    };
    say({ ...hello, videoCodecs: ["h264", "vp8"] });
    await pass(0);
    host.changeHealth();
    await pass(1_000);
    expect(offered()).toEqual(["h264"]);
    host.failed.add("h264");
    host.changeHealth();
    await pass(1_000);
    expect(offered()).toEqual(["h264", "vp8"]);
    // Back only with the next offer that is made anyway: two that fail must not take turns.
    host.failed.clear();
    host.changeHealth();
    await pass(1_000);
    host.failed.add("h264").add("vp8");
    host.video = () => undefined;
    host.changeHealth();
    await pass(1_000);
    expect(offered()).toEqual(["h264", "vp8"]);
  });

  test("holds candidates until the answer has been applied", async () => {
    await join();
    say(candidate(1, "early"));
    await pass(0);
    expect(host.peers[0]?.candidates).toEqual([]);
    say(answer);
    say({ type: "candidate", negotiation: 1, candidate: null });
    await pass(0);
    expect(host.peers[0]?.answers).toEqual(["v=0 answer"]);
    expect(host.peers[0]?.candidates).toEqual([{ candidate: "early" }, null]);
  });

  test("ignores answers and candidates of an offer that was replaced", async () => {
    await join();
    await pass(500);
    say(restart);
    await pass(0);
    expect(socket.of("offer").map(({ negotiation }) => negotiation)).toEqual([
      1, 2,
    ]);
    expect(host.peers[0]?.closeCalls).toBe(1);
    say(answer);
    say(candidate(1, "stale"));
    say({ ...answer, negotiation: 3 });
    await pass(0);
    expect(host.peers.map(({ answers }) => answers.length)).toEqual([0, 0]);
    host.peers[0]?.options.listener.onCandidate({
      candidate: "of the old peer",
    });
    host.peers[0]?.options.listener.onInput(JSON.stringify(key));
    expect(socket.of("candidate")).toEqual([]);
    expect(host.seats[0]?.calls).toEqual([]);
  });

  test("refuses a second answer, and goes on with the first", async () => {
    await join();
    say(answer);
    say(answer);
    await pass(0);
    expect(socket.of("error")).toMatchObject([{ error: "out-of-order" }]);
    expect(host.peers[0]?.answers).toHaveLength(1);
    expect(viewer.isOpen).toBe(true);
  });

  test("makes one offer of many restarts", async () => {
    await join();
    for (let count = 0; count < 20; count += 1) say(restart);
    await pass(10_000);
    expect(host.peers).toHaveLength(2);
  });

  test("reports an answer that does not fit, closes that peer, and can begin anew", async () => {
    host.preparePeer = (peer) => {
      peer.answered = Promise.reject(
        new StreamSpaceError("negotiation-failed", "does not fit"),
      );
      peer.answered.catch(() => undefined);
    };
    await join();
    say(answer);
    await pass(0);
    expect(socket.of("error")).toMatchObject([
      { error: "negotiation-failed", message: "does not fit" },
    ]);
    expect(host.peers[0]?.closeCalls).toBe(1);
    await pass(500);
    say(restart);
    await pass(0);
    expect(socket.of("offer")).toHaveLength(2);
    expect(viewer.isOpen).toBe(true);
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
    host.preparePeer = (peer) => {
      peer.offered = Promise.resolve(
        sdp(section("video", 0), section("audio", 1)),
      );
    };
    await join();
    say({ ...answer, sdp: text });
    await pass(0);
    expect(socket.of("error")).toEqual([
      {
        type: "error",
        error: "negotiation-failed",
        message: "the answer does not fit the offer",
      },
    ]);
    expect(host.peers[0]?.answers).toEqual([]);
    expect(host.peers[0]?.closeCalls).toBe(1);
    expect(viewer.isOpen).toBe(true);
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
    host.preparePeer = (peer) => {
      peer.offered = Promise.resolve(
        sdp(section("video", 0), section("audio", 1)),
      );
    };
    await join();
    say({ ...answer, sdp: text });
    await pass(0);
    expect(socket.of("error")).toEqual([]);
    expect(host.peers[0]?.answers).toEqual([text]);
  });

  test("refuses an answer to an offer that is still being made", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    host.preparePeer = (peer) => {
      peer.offered = promise;
    };
    await join();
    say(answer);
    expect(socket.of("error")).toMatchObject([{ error: "out-of-order" }]);
    resolve("v=0 offer");
    await pass(0);
    say(answer);
    expect(host.peers[0]?.answers, "now it fits").toHaveLength(1);
  });

  test("reports an answer that takes no video", async () => {
    host.preparePeer = (peer) => {
      peer.answered = Promise.resolve({ video: false, audio: true });
    };
    await join();
    say(answer);
    await pass(0);
    expect(socket.of("error")).toMatchObject([{ error: "negotiation-failed" }]);
    expect(viewer.isOpen).toBe(true);
  });

  test("says that there is no codec in common, and offers sound alone", async () => {
    say({ ...hello, videoCodecs: ["vp8"] });
    await pass(0);
    expect(socket.of("error")).toMatchObject([{ error: "negotiation-failed" }]);
    expect(socket.of("offer")).toMatchObject([{ video: null, audio: true }]);
  });

  test("survives a peer that cannot be made", async () => {
    host.preparePeer = () => {
      throw new Error("an ICE server without an address");
    };
    await join();
    expect(socket.of("error")).toMatchObject([{ error: "negotiation-failed" }]);
    expect(viewer.isOpen).toBe(true);
    host.preparePeer = () => undefined;
    await pass(500);
    say(restart);
    await pass(0);
    expect(socket.of("offer")).toHaveLength(1);
  });

  test("passes over a candidate that cannot be used", async () => {
    host.preparePeer = (peer) => {
      peer.candidateFailure = new Error("not a candidate");
    };
    await join();
    say(answer);
    say(candidate(1, "bad"));
    await pass(0);
    expect(socket.of("error")).toEqual([]);
    expect(viewer.isOpen).toBe(true);
  });

  test("takes at most 64 candidates of one peer", async () => {
    await join();
    say(answer);
    for (let count = 0; count < 200; count += 1)
      say(candidate(1, `number ${count}`));
    await pass(0);
    expect(host.peers[0]?.candidates).toHaveLength(64);
  });

  test("says that no connection came about", async () => {
    await join();
    host.peers[0]?.options.listener.onState("failed");
    expect(socket.of("error")).toMatchObject([{ error: "negotiation-failed" }]);
  });

  test("does not offer what comes too late for a viewer that has left", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    host.preparePeer = (peer) => {
      peer.offered = promise;
    };
    await join();
    say(restart);
    viewer.close("normal");
    resolve("v=0 late");
    await pass(10_000);
    expect(socket.of("offer")).toEqual([]);
    expect(host.peers).toHaveLength(1);
  });

  test("never logs SDP", async () => {
    await join();
    say({ ...answer, sdp: "v=0 secret-sdp" });
    await pass(0);
    expect(logged.join("")).not.toMatch(/secret-sdp|v=0/);
  });
});
