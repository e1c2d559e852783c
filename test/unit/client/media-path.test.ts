import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  MediaPath,
  pathPatience,
  readTransport,
} from "../../../client/src/media-path.ts";
import { transportWords } from "../../../client/src/strings.ts";
import type { TransportMode } from "../../../signaling/protocol.ts";

let calls: string[];
let path: MediaPath;
/** Whether packets of the peer's picture have arrived. */
let hasPeerMedia: boolean;
/** Whether the WebSocket can show nothing, and that is known before it is asked. */
let failsAtOnce: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  hasPeerMedia = false;
  failsAtOnce = false;
  const note = (call: string) => (): void => {
    calls.push(call);
  };
  path = new MediaPath({
    startSocket: () => {
      calls.push("start socket");
      if (failsAtOnce) path.onSocketFailed();
    },
    stopSocket: note("stop socket"),
    showSocket: note("show socket"),
    askRestart: note("restart"),
    showPeer: note("show peer"),
    giveUp: note("give up"),
    hasPeerMedia: () => hasPeerMedia,
    nowMs: () => Date.now(),
  });
});
afterEach(() => {
  path.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** A peer that shows its picture at once. */
function beginWithPeer(mode: TransportMode = "auto"): void {
  path.begin(mode);
  path.onPeerState("connected");
  path.onPeerFrame();
  calls = [];
}

/** What was called within `ms`. */
function after(ms: number): string[] {
  calls = [];
  vi.advanceTimersByTime(ms);
  return calls;
}

describe("where peers connect", () => {
  it("the WebSocket is left alone", () => {
    beginWithPeer();
    expect(after(3_600_000)).toEqual([]);
    expect(path.isBySocket).toBe(false);
  });

  it("a moment without the path is waited for", () => {
    beginWithPeer();
    path.onPeerState("disconnected");
    expect(after(pathPatience.interruptedMs - 1)).toEqual([]);
    path.onPeerState("connected");
    path.onPeerFrame();
    expect(after(60_000)).toEqual([]);
  });
});

describe("what is told of the peer that the picture was taken from", () => {
  it.each([
    { arrived: true, trouble: "late", words: /brought no picture in time/ },
    {
      arrived: false,
      trouble: "unreachable",
      words: /lets no direct media through/,
    },
  ])(
    "where it showed nothing, media: $arrived",
    ({ arrived, trouble, words }) => {
      path.begin("auto");
      hasPeerMedia = arrived;
      path.onPeerState("connected");
      vi.advanceTimersByTime(pathPatience.firstPictureMs);
      expect([path.isBySocket, path.peerTrouble]).toEqual([true, trouble]);
      expect(transportWords("websocket", path.peerTrouble)).toMatch(words);
    },
  );

  it("where it was seen and then lost, its media are no news", () => {
    hasPeerMedia = true;
    beginWithPeer();
    path.onPeerState("disconnected");
    vi.advanceTimersByTime(pathPatience.interruptedMs);
    expect([path.isBySocket, path.peerTrouble]).toEqual([true, "unreachable"]);
  });
});

describe("a peer whose frames are not decoded", () => {
  it("loses the picture to the WebSocket, and a new one has to wait, longer each time", () => {
    beginWithPeer();
    vi.advanceTimersByTime(3_600_000);
    path.onStuck();
    expect(calls).toEqual(["start socket"]);
    expect(transportWords("websocket", path.peerTrouble)).toMatch(
      /could not decode/,
    );
    expect(after(pathPatience.holdOffMs - 1)).toEqual([]);
    expect(after(1)).toEqual(["restart"]);
    path.onPeerState("connected");
    expect(calls.at(-1)).toBe("show peer");
    expect(after(pathPatience.peerFrameMs)).toEqual(["show socket"]);
    expect(
      after(2 * pathPatience.holdOffMs - pathPatience.peerFrameMs - 1),
    ).not.toContain("show peer");
    path.onStuck();
    expect(path.isBySocket).toBe(true);
  });

  it("is asked for anew where there is no other way", () => {
    beginWithPeer("webrtc");
    path.onStuck();
    expect(calls).toEqual(["restart"]);
  });
});

describe("a peer that takes the place of another", () => {
  it("has as long as the first to show its picture", () => {
    beginWithPeer();
    vi.advanceTimersByTime(3_600_000);
    path.onOffer();
    path.onPeerState("connected");
    expect(after(pathPatience.firstPictureMs - 1)).toEqual([]);
    path.onPeerFrame();
    expect(after(3_600_000)).toEqual([]);
    path.onOffer();
    path.onPeerState("connected");
    hasPeerMedia = true;
    expect(after(pathPatience.firstPictureMs)).toEqual(["start socket"]);
    expect(path.peerTrouble).toBe("late");
  });

  it("and to connect, where there is no other way", () => {
    beginWithPeer("webrtc");
    path.onOffer();
    expect(after(pathPatience.connectMs)).toEqual(["restart"]);
    path.onOffer();
    expect(after(pathPatience.connectMs)).toEqual(["give up"]);
  });

  it("is nobody's concern behind a picture that runs", () => {
    path.begin("auto");
    vi.advanceTimersByTime(pathPatience.firstPictureMs);
    path.onOffer();
    expect(after(pathPatience.retryMs - 1)).toEqual([]);
  });
});

describe("an encoder that does not run", () => {
  it("has some time to come back", () => {
    beginWithPeer();
    path.onEncoded(false);
    expect(after(pathPatience.unencodedMs - 1)).toEqual([]);
    path.onEncoded(true);
    expect(after(3_600_000)).toEqual([]);
  });

  it("loses the picture to the WebSocket however often it is said, and says why", () => {
    beginWithPeer();
    path.onEncoded(false);
    vi.advanceTimersByTime(pathPatience.unencodedMs - 1);
    path.onEncoded(false);
    expect(after(1)).toEqual(["start socket"]);
    expect(transportWords("websocket", path.peerTrouble)).toMatch(
      /encoder does not run/,
    );
  });

  it("keeps a peer behind the picture until it runs", () => {
    beginWithPeer();
    vi.advanceTimersByTime(3_600_000);
    path.onEncoded(false);
    vi.advanceTimersByTime(pathPatience.unencodedMs);
    calls = [];
    path.onOffer();
    path.onPeerState("connected");
    expect(calls).toEqual([]);
    path.onEncoded(true);
    expect(calls).toEqual(["show peer"]);
    path.onPeerFrame();
    expect(path.isBySocket).toBe(false);
  });

  it("is waited for where there is no other way", () => {
    beginWithPeer("webrtc");
    path.onEncoded(false);
    expect(after(3_600_000)).toEqual([]);
  });
});

describe("where they do not", () => {
  it("the picture comes by the WebSocket, and peers are tried behind it, more slowly after a while", () => {
    path.begin("auto");
    expect(after(pathPatience.firstPictureMs)).toEqual(["start socket"]);
    expect(path.isBySocket).toBe(true);
    expect(after(10 * pathPatience.retryMs)).toEqual(
      Array.from({ length: 10 }, () => "restart"),
    );
    vi.advanceTimersByTime(pathPatience.retrySlowlyAfterMs);
    expect(after(10 * pathPatience.retrySlowlyMs)).toHaveLength(10);
  });

  it("one that fails is not waited for", () => {
    path.begin("auto");
    path.onPeerState("failed");
    expect(calls).toEqual(["start socket"]);
    expect(after(0)).toEqual(["restart"]);
  });

  it("a picture that was there moves over when the path is gone", () => {
    beginWithPeer();
    path.onPeerState("disconnected");
    expect(after(pathPatience.interruptedMs)).toEqual(["start socket"]);
    expect(after(pathPatience.retryMs)).toEqual(["restart"]);
  });

  it("another network is tried at once", () => {
    path.begin("auto");
    vi.advanceTimersByTime(pathPatience.firstPictureMs);
    path.hurry();
    expect(after(0)).toEqual(["restart"]);
  });
});

describe("the way back", () => {
  function beginBySocket(): void {
    path.begin("auto");
    vi.advanceTimersByTime(pathPatience.firstPictureMs);
    calls = [];
  }

  it("is taken with the first frame of the peer, and not before", () => {
    beginBySocket();
    path.onPeerState("connected");
    expect(calls).toEqual(["show peer"]);
    expect(path.isBySocket).toBe(true);
    path.onPeerFrame();
    expect(calls).toEqual(["show peer", "stop socket"]);
    expect(path.isBySocket).toBe(false);
    expect(after(3_600_000)).toEqual([]);
  });

  it("is not taken where no frame comes", () => {
    beginBySocket();
    path.onPeerState("connected");
    expect(after(pathPatience.peerFrameMs)).toEqual(["show socket"]);
    expect(path.isBySocket).toBe(true);
  });

  it("is taken more and more rarely where it does not last", () => {
    beginBySocket();
    const waitsMs: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      path.onPeerState("connected");
      path.onPeerFrame();
      vi.advanceTimersByTime(1_000);
      path.onPeerState("failed");
      calls = [];
      let waitedMs = 0;
      while (!calls.includes("restart")) {
        vi.advanceTimersByTime(100);
        waitedMs += 100;
      }
      waitsMs.push(waitedMs);
    }
    const { holdOffMs } = pathPatience;
    expect(waitsMs).toEqual([1, 2, 4, 8].map((times) => times * holdOffMs));
  });

  it("is free again after a connection that lasted", () => {
    beginBySocket();
    path.onPeerState("connected");
    path.onPeerFrame();
    vi.advanceTimersByTime(pathPatience.flapMs);
    path.onPeerState("failed");
    expect(after(0)).toEqual(["restart"]);
  });

  it("is not taken by a peer that connects too early after one that was lost", () => {
    beginBySocket();
    path.onPeerState("connected");
    path.onPeerFrame();
    path.onPeerState("failed");
    calls = [];
    path.onPeerState("connected");
    expect(calls).toEqual([]);
    expect(after(pathPatience.holdOffMs)).toEqual(["restart"]);
  });
});

describe("where the WebSocket cannot carry a picture", () => {
  it("one new offer is tried, and then the connection is given up", () => {
    path.begin("auto");
    vi.advanceTimersByTime(pathPatience.firstPictureMs);
    calls = [];
    path.onSocketFailed();
    expect(calls).toEqual(["restart"]);
    expect(after(pathPatience.connectMs)).toEqual(["give up"]);
    expect(after(3_600_000)).toEqual([]);
  });

  it("the same where that is known as soon as it is asked", () => {
    failsAtOnce = true;
    path.begin("auto");
    expect(after(pathPatience.firstPictureMs)).toEqual([
      "start socket",
      "restart",
    ]);
    expect(after(pathPatience.connectMs)).toEqual(["give up"]);
    expect(after(3_600_000)).toEqual([]);
  });

  it("a peer that fails then is mended once", () => {
    failsAtOnce = true;
    beginWithPeer();
    path.onPeerState("failed");
    expect(after(pathPatience.connectMs)).toEqual(["give up"]);
  });

  it("a peer that is connected already is shown", () => {
    path.begin("auto");
    path.onPeerState("connected");
    vi.advanceTimersByTime(pathPatience.firstPictureMs);
    calls = [];
    path.onSocketFailed();
    expect(calls).toEqual(["show peer"]);
  });
});

describe("a way that is insisted on", () => {
  it("webrtc: never the WebSocket; a new offer once, then the end", () => {
    path.begin("webrtc");
    expect(after(pathPatience.connectMs)).toEqual(["restart"]);
    expect(after(pathPatience.connectMs)).toEqual(["give up"]);
  });

  it("webrtc: a connection in between makes good for a failure", () => {
    beginWithPeer("webrtc");
    path.onPeerState("failed");
    path.onPeerState("connected");
    path.onPeerState("failed");
    expect(calls).toEqual(["restart", "restart"]);
  });

  it("webrtc: five seconds for a path that was interrupted", () => {
    beginWithPeer("webrtc");
    path.onPeerState("disconnected");
    expect(after(pathPatience.disconnectedMs - 1)).toEqual([]);
    expect(after(1)).toEqual(["restart"]);
  });

  it("websocket: at once, and no peers", () => {
    path.begin("websocket");
    expect(calls).toEqual(["start socket"]);
    path.hurry();
    expect(after(3_600_000)).toEqual([]);
    path.onSocketFailed();
    expect(calls).toEqual(["give up"]);
  });
});

it("reads what the address says", () => {
  expect(
    ["webrtc", "websocket", "auto", "smoke", null].map(readTransport),
  ).toEqual(["webrtc", "websocket", "auto", "auto", "auto"]);
});
