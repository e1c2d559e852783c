import { beforeEach, expect, it } from "vitest";
import { openSocketMedia } from "../../../../signaling/features/socket-media.ts";
import {
  readMediaFrame,
  type MediaFrame,
} from "../../../../signaling/protocol/socket-media.ts";
import { flowLimits } from "../../../../signaling/socket-media/flow.ts";
import type { ViewerFeature } from "../../../../signaling/viewer-feature.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { FakeMediaSource } from "../../../fakes/media.ts";
import { FakeViewerSide } from "../../../fakes/viewer-side.ts";

let clock: ManualClock;
let video: FakeMediaSource;
let sound: FakeMediaSource;
let viewer: FakeViewerSide;
let feature: ViewerFeature;

beforeEach(() => {
  clock = new ManualClock();
  video = new FakeMediaSource();
  sound = new FakeMediaSource(48_000);
  viewer = new FakeViewerSide("viewer");
  feature = openSocketMedia({
    clock,
    video: (codecs) =>
      codecs.includes("vp8")
        ? { codec: "vp8", encoder: "vp8enc", source: video }
        : undefined,
    audio: () => ({ source: sound }),
  })(viewer);
});

const start = (videoCodecs: ("h264" | "vp8" | "av1")[], audio = true): void => {
  feature.handlers["media-start"]?.({
    type: "media-start",
    videoCodecs,
    audio,
  });
};

const frames = (): (MediaFrame | undefined)[] =>
  viewer.frames.map(readMediaFrame);

/** One VP8 frame in one packet, of `bytes`. */
function frame(bytes: number, startsKeyFrame = false): void {
  video.send(`\u0010${"x".repeat(bytes)}`, { marker: true, startsKeyFrame });
}

it("sends nothing before it is asked to", () => {
  expect(video.sink).toBeUndefined();
  expect(sound.sink).toBeUndefined();
  expect(viewer.sent).toEqual([]);
});

it("says what follows, and sends from a key frame on", () => {
  start(["h264", "vp8"]);
  expect(viewer.sent).toEqual([
    {
      type: "media-started",
      video: { codec: "vp8", encoder: "vp8enc" },
      audio: true,
    },
  ]);
  expect(video.keyFrameRequests).toBe(1);
  frame(10);
  expect(frames()).toEqual([]);
  frame(10, true);
  sound.send("opus", { timestamp: 960 });
  frame(5);
  expect(frames()).toMatchObject([
    { kind: "video-key", sequence: 0 },
    { kind: "audio", sequence: 1, timestamp: 960 },
    { kind: "video", sequence: 2 },
  ]);
  expect(Buffer.from(frames()[1]?.content ?? []).toString()).toBe("opus");
});

it("says so where there is no codec in common, and sends the sound all the same", () => {
  start(["av1"]);
  expect(viewer.sent).toMatchObject([{ video: null, audio: true }]);
  sound.send("opus");
  expect(frames()).toHaveLength(1);
});

it("holds back what a viewer who acknowledges nothing could not take, and wishes for less", () => {
  start(["vp8"]);
  frame(1_000, true);
  for (let count = 0; count < 2_000; count += 1) {
    frame(10_000);
    sound.send("x".repeat(100));
    clock.advance(16);
  }
  const bytes = viewer.frames.reduce((sum, { length }) => sum + length, 0);
  expect(bytes).toBeLessThan(flowLimits.maxBytes + 20_000);
  expect(video.wishes.at(-1)?.targetBps).toBe(flowLimits.minBps);
  feature.handlers["media-ack"]?.({
    type: "media-ack",
    sequence: viewer.frames.length - 1,
  });
  const asked = video.keyFrameRequests;
  expect(asked).toBeGreaterThan(1);
  const before = viewer.frames.length;
  frame(1_000, true);
  expect(viewer.frames).toHaveLength(before + 1);
});

it("asks for a key frame when the decoder does, and waits for it", () => {
  start(["vp8"]);
  frame(10, true);
  feature.handlers["media-refresh"]?.({ type: "media-refresh" });
  expect(video.keyFrameRequests).toBe(2);
  frame(10);
  expect(frames()).toHaveLength(1);
});

it("lets go of the streams when it is stopped, started anew, or left", () => {
  start(["vp8"]);
  const { sink } = video;
  start(["vp8"], false);
  expect(video.sink).not.toBe(sink);
  expect(sound.sink).toBeUndefined();
  feature.handlers["media-stop"]?.({ type: "media-stop" });
  expect(video.sink).toBeUndefined();
  start(["vp8"]);
  feature.close();
  feature.close();
  expect([video.sink, sound.sink]).toEqual([undefined, undefined]);
});
