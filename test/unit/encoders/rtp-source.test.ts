import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startsH264KeyFrame } from "../../../encoders/key-frames.ts";
import { type SenderReport } from "../../../encoders/rtp-packets.ts";

import {
  RtpSource,
  type RtpFeed,
  type RtpSink,
} from "../../../encoders/rtp-source.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

class Feed implements RtpFeed {
  requests = 0;

  requestKeyFrame(): void {
    this.requests += 1;
  }
}

class Sink implements RtpSink {
  readonly heard: string[] = [];

  onPacket(packet: Buffer, startsKeyFrame: boolean): void {
    this.heard.push(
      `${startsKeyFrame ? "key" : "delta"} ${packet.readUInt16BE(2)}`,
    );
  }

  onSenderReport(report: SenderReport): void {
    this.heard.push(`report ${report.rtpTimestamp}`);
  }

  onReset(): void {
    this.heard.push("reset");
  }
}

function rtp(sequenceNumber: number, nal: number): Buffer {
  const packet = Buffer.alloc(14);
  packet[0] = 0x80;
  packet[1] = 96;
  packet.writeUInt16BE(sequenceNumber, 2);
  packet[12] = nal;
  return packet;
}

function senderReport(rtpTimestamp: number): Buffer {
  const packet = Buffer.alloc(28);
  packet[0] = 0x80;
  packet[1] = 200;
  packet.writeUInt32BE(rtpTimestamp, 16);
  return packet;
}

const sps = 0x67;
const slice = 0x41;
let clock: ManualClock;
let source: RtpSource;
let feed: Feed;
let sink: Sink;

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock();
  source = new RtpSource({ clock, startsKeyFrame: startsH264KeyFrame });
  feed = new Feed();
  sink = new Sink();
});
afterEach(() => {
  vi.useRealTimers();
});

function pass(ms: number): void {
  clock.advance(ms);
  vi.advanceTimersByTime(ms);
}

describe("packets", () => {
  test("reach every sink at once, with the word whether a key frame begins", () => {
    const other = new Sink();
    source.subscribe(sink);
    source.subscribe(other);
    source.attach(feed);
    source.push(feed, rtp(1, sps));
    source.push(feed, rtp(2, slice));
    expect(sink.heard).toEqual(["reset", "key 1", "delta 2"]);
    expect(other.heard).toEqual(sink.heard);
    expect(source.packets).toBe(2);
  });

  test("stop for a sink that has left, also when it leaves while one is delivered", () => {
    source.attach(feed);
    const leave = source.subscribe({
      onPacket: () => {
        leave();
      },
      onSenderReport: () => undefined,
      onReset: () => undefined,
    });
    const leaveSink = source.subscribe(sink);
    source.push(feed, rtp(1, sps));
    leaveSink();
    leaveSink();
    source.push(feed, rtp(2, slice));
    expect(sink.heard).toEqual(["key 1"]);
  });

  test("of a child that was replaced are dropped", () => {
    const next = new Feed();
    source.attach(feed);
    source.subscribe(sink);
    source.attach(next);
    source.push(feed, rtp(1, sps));
    source.push(feed, senderReport(5));
    source.push(next, rtp(2, sps));
    expect(sink.heard).toEqual(["reset", "key 2"]);
    source.detach(feed); // It comes late, and must not cut off its successor.
    source.push(next, rtp(3, slice));
    expect(sink.heard.at(-1)).toBe("delta 3");
  });

  test("that are neither RTP nor a sender report are dropped", () => {
    source.attach(feed);
    source.subscribe(sink);
    source.push(feed, Buffer.alloc(5, 0xff));
    source.push(feed, Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0]));
    expect(sink.heard).toEqual([]);
  });
});

describe("sender reports", () => {
  test("are given to a sink that comes later", () => {
    source.attach(feed);
    source.push(feed, senderReport(77));
    source.subscribe(sink);
    expect(sink.heard).toEqual(["report 77"]);
  });

  test("of an earlier child are not", () => {
    source.attach(feed);
    source.push(feed, senderReport(77));
    source.attach(new Feed());
    source.subscribe(sink);
    expect(sink.heard).toEqual([]);
  });
});

describe("requests for key frames", () => {
  test("are passed on at once, then at most every 300 ms, and many are one", () => {
    source.attach(feed);
    for (let request = 0; request < 50; request += 1) source.requestKeyFrame();
    expect(feed.requests).toBe(1);
    pass(299);
    expect(feed.requests).toBe(1);
    pass(1);
    expect(feed.requests).toBe(2);
    pass(10_000);
    expect(feed.requests, "nobody asked again").toBe(2);
    source.requestKeyFrame();
    expect(feed.requests).toBe(3);
  });

  test("without a child are dropped: the next one begins with a key frame", () => {
    source.requestKeyFrame();
    source.attach(feed);
    pass(10_000);
    expect(feed.requests).toBe(0);
  });

  test("end with the child they were meant for", () => {
    source.attach(feed);
    source.requestKeyFrame();
    source.requestKeyFrame();
    source.detach(feed);
    pass(10_000);
    expect(feed.requests).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("are passed to a new child at once", () => {
    const next = new Feed();
    source.attach(feed);
    source.requestKeyFrame();
    source.detach(feed);
    source.attach(next);
    source.requestKeyFrame();
    expect(next.requests).toBe(1);
  });
});
