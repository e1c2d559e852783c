import { describe, expect, it } from "vitest";
import type {
  OpenFeature,
  ViewerSide,
} from "../../../signaling/viewer-feature.ts";
import { Viewer } from "../../../signaling/viewer.ts";
import { recordingLog } from "../../fakes/logs.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { FakeHost, FakeViewerSocket } from "../../fakes/viewer-world.ts";

function world(token = "right"): {
  viewer: Viewer;
  socket: FakeViewerSocket;
  host: FakeHost;
  side: () => ViewerSide;
  closes: () => number;
} {
  const host = new FakeHost();
  let side: ViewerSide | undefined;
  let closes = 0;
  const open: OpenFeature = (viewer) => {
    side = viewer;
    return {
      handlers: {},
      close: () => {
        closes += 1;
      },
    };
  };
  host.features = [open];
  const socket = new FakeViewerSocket();
  const viewer = new Viewer({
    host,
    socket,
    clock: new ManualClock(),
    log: recordingLog().log,
  });
  viewer.onText(
    JSON.stringify({ type: "hello", version: 1, token, videoCodecs: ["h264"] }),
  );
  return {
    viewer,
    socket,
    host,
    side: () => {
      if (side === undefined) throw new Error("the feature was not opened");
      return side;
    },
    closes: () => closes,
  };
}

describe("a feature of a viewer", () => {
  it("is opened after the welcome, and closed once with the viewer", () => {
    const { viewer, socket, side, closes } = world();
    expect(socket.sent[0]).toMatchObject({
      type: "welcome",
      role: "controller",
    });
    expect(side().role).toBe("controller");
    viewer.close("normal");
    viewer.close("normal");
    expect(closes()).toBe(1);
  });

  it("moves contents in binary messages", async () => {
    const { viewer, socket, side } = world();
    const { transfer, done } = side().bulk.send(new Uint8Array([1, 2, 3]));
    await Promise.resolve();
    await Promise.resolve();
    expect([...(socket.frames[0] ?? [])]).toEqual([0, 0, 0, 0, 1, 2, 3]);
    viewer.onText(JSON.stringify({ type: "bulk-ack", transfer, bytes: 3 }));
    await done;
    viewer.close("normal");
  });

  it("is out of reach before hello", () => {
    const socket = new FakeViewerSocket();
    const viewer = new Viewer({
      host: new FakeHost(),
      socket,
      clock: new ManualClock(),
      log: recordingLog().log,
    });
    viewer.onFrame(new Uint8Array(8));
    expect(socket.closes).toEqual(["badMessage"]);
  });
});

describe("a token that only lets one look", () => {
  it("keeps input from the session, and says so once for each key and click", () => {
    const { viewer, socket, host } = world("look");
    const key = {
      type: "key",
      seq: 1,
      keysym: 97,
      code: "KeyA",
      pressed: true,
    };
    viewer.onText(JSON.stringify(key));
    viewer.onText(JSON.stringify({ type: "motion", seq: 2, x: 1, y: 1 }));
    expect(host.seats[0]?.calls).toEqual([]);
    expect(socket.of("error")).toMatchObject([
      { error: "not-allowed", about: "key" },
    ]);
    viewer.close("normal");
  });

  it("does so by the data channels as well", () => {
    const { viewer, host } = world("look");
    const [peer] = host.peers;
    peer?.options.listener.onInput(
      JSON.stringify({
        type: "button",
        seq: 1,
        button: 1,
        pressed: true,
        x: 1,
        y: 1,
      }),
    );
    expect(host.seats[0]?.calls).toEqual([]);
    viewer.close("normal");
  });
});
