import { describe, expect, it } from "vitest";
import { parseClientMessage } from "../../../signaling/protocol.ts";
import { qualityLimits } from "../../../signaling/protocol/quality.ts";
import { Viewer } from "../../../signaling/viewer.ts";
import { recordingLog } from "../../fakes/logs.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { FakeHost, FakeViewerSocket } from "../../fakes/viewer-world.ts";

function world(token: string): {
  viewer: Viewer;
  socket: FakeViewerSocket;
  host: FakeHost;
  say: (message: object) => void;
} {
  const host = new FakeHost();
  const socket = new FakeViewerSocket();
  const viewer = new Viewer({
    host,
    socket,
    clock: new ManualClock(),
    log: recordingLog().log,
  });
  const say = (message: object): void => {
    viewer.onText(JSON.stringify(message));
  };
  say({ type: "hello", version: 1, token, videoCodecs: ["h264"] });
  return { viewer, socket, host, say };
}

describe("a wish for quality", () => {
  it("reaches the peer of its viewer, and a later one replaces it", () => {
    const { viewer, host, say } = world("right");
    const peer = host.peers[0];
    say({ type: "quality", maxBps: 1_500_000, maxFps: 30 });
    expect(peer?.rates).toEqual({ targetBps: 1_500_000, frameRate: 30 });
    say({ type: "quality", maxFps: 15 });
    expect(peer?.rates).toEqual({ targetBps: undefined, frameRate: 15 });
    say({ type: "quality" });
    expect(peer?.rates).toEqual({ targetBps: undefined, frameRate: undefined });
    viewer.close("normal");
  });

  it.each(["connected", "answer"] as const)(
    "is made again with %s, as a peer takes none before its video flows",
    async (moment) => {
      const { viewer, host, say } = world("right");
      say({ type: "quality", maxBps: 400_000 });
      const peer = host.peers[0];
      await peer?.offered;
      if (peer !== undefined) peer.rates = {};
      if (moment === "connected") peer?.options.listener.onState("connected");
      else say({ type: "answer", negotiation: 1, sdp: "v=0 answer" });
      await peer?.answered;
      expect(peer?.rates.targetBps).toBe(400_000);
      viewer.close("normal");
    },
  );

  it("of a viewer who may only look is refused, and changes nothing", () => {
    const { viewer, socket, host, say } = world("look");
    say({ type: "quality", maxFps: 1 });
    expect(host.peers[0]?.rates.frameRate).toBeUndefined();
    expect(socket.of("error")).toMatchObject([
      { error: "not-allowed", about: "quality" },
    ]);
    viewer.close("normal");
  });

  it.each([
    { maxBps: qualityLimits.minBps - 1 },
    { maxBps: qualityLimits.maxBps + 1 },
    { maxBps: 1_000_000.5 },
    { maxFps: 0 },
    { maxFps: qualityLimits.maxFps + 1 },
    { maxFps: "30" },
    { other: 1 },
  ])("with %j is not of the protocol", (fields) => {
    const text = JSON.stringify({ type: "quality", ...fields });
    expect(parseClientMessage(text).ok).toBe(false);
  });

  it.each([
    {},
    { maxBps: qualityLimits.minBps, maxFps: qualityLimits.minFps },
    { maxBps: qualityLimits.maxBps, maxFps: qualityLimits.maxFps },
  ])("with %j is of the protocol", (fields) => {
    const message = { type: "quality", ...fields };
    expect(parseClientMessage(JSON.stringify(message))).toEqual({
      ok: true,
      message,
    });
  });
});
