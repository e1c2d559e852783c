import { describe, expect, it } from "vitest";
import {
  qualityFeature,
  type WishTaker,
} from "../../../../signaling/features/quality.ts";
import { parseClientMessage } from "../../../../signaling/protocol.ts";
import { qualityLimits } from "../../../../signaling/protocol/quality.ts";
import type { QualityWish } from "../../../../signaling/protocol/quality.ts";
import { Viewer } from "../../../../signaling/viewer.ts";
import { recordingLog } from "../../../fakes/logs.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { FakeHost, FakeViewerSocket } from "../../../fakes/viewer-world.ts";

class RecordingMedia implements WishTaker {
  readonly wishes: QualityWish[] = [];

  setWish(wish: QualityWish): void {
    this.wishes.push(wish);
  }
}

function world(token: string): {
  viewer: Viewer;
  socket: FakeViewerSocket;
  media: RecordingMedia;
  asked: string[];
} {
  const host = new FakeHost();
  const media = new RecordingMedia();
  const asked: string[] = [];
  host.features = [
    qualityFeature((viewerId) => {
      asked.push(viewerId);
      return media;
    }),
  ];
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
  return { viewer, socket, media, asked };
}

describe("a wish for quality", () => {
  it("reaches the media of its viewer, and a later one replaces it", () => {
    const { viewer, media, asked } = world("right");
    for (const wish of [
      { maxBps: 1_500_000, maxFps: 30 },
      { maxFps: 15 },
      {},
    ]) {
      viewer.onText(JSON.stringify({ type: "quality", ...wish }));
    }
    expect(media.wishes).toEqual([
      { maxBps: 1_500_000, maxFps: 30 },
      { maxFps: 15 },
      {},
    ]);
    expect(new Set(asked)).toEqual(new Set([viewer.id]));
    viewer.close("normal");
  });

  it("of a viewer who may only look is refused, and changes nothing", () => {
    const { viewer, socket, media } = world("look");
    viewer.onText(JSON.stringify({ type: "quality", maxFps: 1 }));
    expect(media.wishes).toEqual([]);
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
