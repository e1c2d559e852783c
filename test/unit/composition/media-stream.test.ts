import { beforeEach, describe, expect, it } from "vitest";
import {
  MediaStream,
  type StreamStart,
} from "../../../agent/composition/media-stream.ts";
import { startsAnywhere } from "../../../encoders/key-frames.ts";
import type { MediaSink } from "../../../signaling/media.ts";
import { silentLog } from "../../fakes/logs.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { FakeVideo } from "../../fakes/running-video.ts";

const settings = { targetBps: 8_000_000, frameRate: 60 };
const sink: MediaSink = {
  onPacket: () => undefined,
  onSenderReport: () => undefined,
  onReset: () => undefined,
};

let stream: MediaStream;
let starts: {
  start: StreamStart;
  succeed: () => Promise<FakeVideo>;
}[];

beforeEach(() => {
  starts = [];
  stream = new MediaStream({
    name: "video-fake",
    encoder: () => "fakeenc",
    clockRate: 90_000,
    requires: "display",
    startsKeyFrame: startsAnywhere,
    rates: settings,
    clock: new ManualClock(),
    run: (start) => {
      const { promise, resolve } = Promise.withResolvers<FakeVideo>();
      starts.push({
        start,
        succeed: async () => {
          const video = new FakeVideo();
          resolve(video);
          await settled();
          return video;
        },
      });
      return promise;
    },
  });
});

/** Lets everything go on that waits for nothing but promises. */
const settled = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

function begin(): (typeof starts)[number] {
  const { signal } = new AbortController();
  void stream.spec.start({ signal, generation: 1, log: silentLog });
  return starts.at(-1) ?? expect.fail("nothing was started");
}

describe("the rates of a stream with viewers", () => {
  it("start with the settings, and are not told again", async () => {
    stream.subscribe(sink);
    const { start, succeed } = begin();
    expect(start.rate).toEqual(settings);
    expect((await succeed()).told).toEqual([]);
  });

  it("follow the lowest wish of two viewers, and rise when that one leaves", async () => {
    const one = stream.subscribe(sink);
    const other = stream.subscribe(sink);
    const video = await begin().succeed();
    one.wish({ targetBps: 2_000_000 });
    other.wish({ targetBps: 3_000_000.4, frameRate: 29.97 });
    expect(video.told).toEqual(["2000000 bit/s", "30 fps"]);
    one.close();
    one.close();
    expect(video.told.slice(2)).toEqual(["3000000 bit/s"]);
    one.wish({ targetBps: 10_000 });
    expect(video.told).toHaveLength(3);
  });

  it("are the settings again when nobody is left, also for the next start", async () => {
    const viewer = stream.subscribe(sink);
    const video = await begin().succeed();
    viewer.wish({ targetBps: 500_000, frameRate: 10 });
    viewer.close();
    expect(video.told.slice(2)).toEqual(["8000000 bit/s", "60 fps"]);
    video.exit({ kind: "requested" });
    await settled();
    stream.subscribe(sink);
    expect(begin().start.rate).toEqual(settings);
  });

  it("that change during a start hold when it is over", async () => {
    const viewer = stream.subscribe(sink);
    const { succeed } = begin();
    viewer.wish({ targetBps: 1_000_000 });
    viewer.wish({ frameRate: 24 });
    expect((await succeed()).told).toEqual(["1000000 bit/s", "24 fps"]);
  });

  it("of a viewer who came and left during a start leave no trace", async () => {
    const viewer = stream.subscribe(sink);
    const { succeed } = begin();
    viewer.wish({ targetBps: 1_000_000 });
    viewer.close();
    expect((await succeed()).told).toEqual([]);
  });

  it("outlive the child", async () => {
    const viewer = stream.subscribe(sink);
    const video = await begin().succeed();
    viewer.wish({ targetBps: 1_000_000 });
    video.exit({ kind: "signal", signal: "SIGKILL" });
    await settled();
    viewer.wish({ frameRate: 30 });
    expect(video.told).toEqual(["1000000 bit/s"]);
    const next = begin();
    expect(next.start.rate).toEqual({ targetBps: 1_000_000, frameRate: 30 });
    expect((await next.succeed()).told).toEqual([]);
  });
});

describe("the size of the screen", () => {
  it("is told to what runs", async () => {
    const video = await begin().succeed();
    stream.resize({ width: 800, height: 600 });
    expect(video.told).toEqual(["800x600"]);
  });

  it("that changes during a start is told when it is over, and no later start", async () => {
    stream.resize({ width: 640, height: 480 });
    const { succeed } = begin();
    stream.resize({ width: 800, height: 600 });
    const video = await succeed();
    expect(video.told).toEqual(["800x600"]);
    video.exit({ kind: "requested" });
    expect((await begin().succeed()).told).toEqual([]);
  });
});
