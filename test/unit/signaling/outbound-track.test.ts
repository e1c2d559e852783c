import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  OutboundTrack,
  type OutboundTrackOptions,
} from "../../../signaling/webrtc/outbound-track.ts";
import { compactNtp, ntpFromUnixMs } from "../../../signaling/webrtc/rtcp.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { FakeMediaSource, RecordingWriter } from "../../fakes/media.ts";

let clock: ManualClock;
let source: FakeMediaSource;
let writer: RecordingWriter;
let track: OutboundTrack;

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock();
  source = new FakeMediaSource();
  writer = new RecordingWriter();
});
afterEach(() => {
  track.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function open(options: Partial<OutboundTrackOptions> = {}): void {
  track = new OutboundTrack({
    source,
    writer,
    clock,
    cname: "agent",
    ssrc: 0x1111_1111,
    payloadType: 102,
    extensions: [],
    rtx: { ssrc: 0x2222_2222, payloadType: 103 },
    startAtKeyFrame: true,
    ...options,
  });
}

function pass(ms: number): void {
  clock.advance(ms);
  vi.advanceTimersByTime(ms);
}

const payloads = (): string[] =>
  writer.rtp.map(({ payload }) => payload.toString());
const sequenceOf = (index: number): number =>
  writer.rtp[index]?.sequenceNumber ?? -1;
const timestampOf = (index: number): number =>
  writer.rtp[index]?.header.readUInt32BE(4) ?? -1;

test("passes on what its viewer can take, and takes that back", () => {
  open();
  track.setTargetBps(2_000_000);
  track.setFps(30);
  track.setTargetBps(undefined);
  expect(source.wishes).toEqual([
    { targetBps: 2_000_000 },
    { frameRate: 30 },
    { targetBps: undefined },
  ]);
});

describe("the start", () => {
  test("asks for a key frame at once and holds packets back until it comes", () => {
    open();
    expect(source.keyFrameRequests).toBe(1);
    source.send("delta");
    source.send("key", { startsKeyFrame: true });
    source.send("delta after");
    expect(payloads()).toEqual(["key", "delta after"]);
    expect(track.stats).toMatchObject({
      packetsSent: 2,
      packetsHeldBack: 1,
      bytesSent: 14,
    });
  });

  test("of audio takes the first packet, and asks for nothing", () => {
    open({ startAtKeyFrame: false, rtx: undefined });
    source.send("sound");
    expect(payloads()).toEqual(["sound"]);
    expect(source.keyFrameRequests).toBe(0);
  });

  test("leaves SRTP half the sequence numbers before the first roll-over", () => {
    for (let round = 0; round < 50; round += 1) {
      open({ startAtKeyFrame: false });
      source.send("first");
      expect(writer.rtp.at(-1)?.sequenceNumber).toBeLessThan(0x8000);
      track.close();
    }
  });
});

describe("packets", () => {
  test("get the negotiated payload type, SSRC, a running number and keep their marker", () => {
    open();
    source.send("one", { startsKeyFrame: true, timestamp: 5_000 });
    source.send("two", { marker: true, timestamp: 5_000 });
    source.send("three", { timestamp: 6_500 });
    expect(writer.rtp.map(({ header }) => header[1])).toEqual([
      102,
      102 | 0x80,
      102,
    ]);
    expect(writer.rtp.map(({ header }) => header.readUInt32BE(8))).toEqual(
      Array.from({ length: 3 }, () => 0x1111_1111),
    );
    expect(sequenceOf(2) - sequenceOf(0)).toBe(2);
    expect(writer.rtp[1]?.header.readUInt16BE(2)).toBe(sequenceOf(1));
    expect(timestampOf(1)).toBe(timestampOf(0));
    expect((timestampOf(2) - timestampOf(0) + 2 ** 32) % 2 ** 32).toBe(1_500);
  });

  test("of a new child follow without a gap, from its first key frame on", () => {
    open();
    source.send("key", { startsKeyFrame: true, timestamp: 900_000 });
    clock.advance(2_000);
    source.sink?.onReset();
    source.send("delta", { timestamp: 17 });
    source.send("key again", { startsKeyFrame: true, timestamp: 17 });
    expect(payloads()).toEqual(["key", "key again"]);
    expect(sequenceOf(1)).toBe((sequenceOf(0) + 1) & 0xffff);
    expect((timestampOf(1) - timestampOf(0) + 2 ** 32) % 2 ** 32).toBe(180_000);
  });
});

describe("a NACK", () => {
  beforeEach(() => {
    open();
    source.send("key", { startsKeyFrame: true, timestamp: 1, marker: true });
    source.send("delta", { timestamp: 2 });
  });

  test("is answered on the retransmission stream as RFC 4588 has it", () => {
    track.onNack([sequenceOf(0)]);
    const resent = writer.rtp[2];
    expect(resent?.ssrc).toBe(0x2222_2222);
    expect(resent?.header[1]).toBe(103 | 0x80);
    expect(resent?.header.readUInt32BE(8)).toBe(0x2222_2222);
    expect(timestampOf(2)).toBe(timestampOf(0));
    // The original sequence number in front of the original payload.
    expect(resent?.payload.readUInt16BE(0)).toBe(sequenceOf(0));
    expect(resent?.payload.subarray(2).toString()).toBe("key");
    track.onNack([sequenceOf(1)]);
    expect(sequenceOf(3)).toBe((sequenceOf(2) + 1) & 0xffff);
    expect(track.stats.packetsResent).toBe(2);
  });

  test("that is repeated within 15 ms is answered once", () => {
    track.onNack([sequenceOf(0), sequenceOf(0)]);
    clock.advance(14);
    track.onNack([sequenceOf(0)]);
    expect(track.stats.packetsResent).toBe(1);
    clock.advance(1);
    track.onNack([sequenceOf(0)]);
    expect(track.stats.packetsResent).toBe(2);
  });

  test("for what was never sent, or is too old, is not answered", () => {
    track.onNack([(sequenceOf(1) + 1) & 0xffff]);
    clock.advance(1_001);
    track.onNack([sequenceOf(0)]);
    expect(track.stats.packetsResent).toBe(0);
  });

  test("is not answered where retransmission was not negotiated", () => {
    track.close();
    open({ rtx: undefined });
    source.send("key", { startsKeyFrame: true });
    const sent = writer.rtp.length;
    track.onNack([sequenceOf(sent - 1)]);
    expect(writer.rtp).toHaveLength(sent);
  });
});

test("a request for a key frame goes on to the source", () => {
  open();
  track.onKeyFrameRequest();
  expect(source.keyFrameRequests).toBe(2);
});

describe("sender reports", () => {
  const captured = 1_700_000_000_000;

  test("go out with the first packet whose capture time is known, then every second", () => {
    open();
    source.send("key", { startsKeyFrame: true, timestamp: 90_000 });
    expect(writer.rtcp, "nothing is known of the clock yet").toHaveLength(0);
    source.sink?.onSenderReport({
      ntp: ntpFromUnixMs(captured),
      rtpTimestamp: 90_000,
    });
    expect(writer.rtcp).toHaveLength(1);
    source.send("delta");
    expect(writer.rtcp).toHaveLength(1);
    pass(1_000);
    expect(writer.rtcp).toHaveLength(2);
  });

  test("say which timestamp the wall clock has now, and what was sent", () => {
    open();
    source.send("key", { startsKeyFrame: true, timestamp: 90_000 });
    clock.advance(500);
    source.sink?.onSenderReport({
      ntp: ntpFromUnixMs(captured),
      rtpTimestamp: 90_000,
    });
    const report = writer.rtcp[0] ?? Buffer.alloc(0);
    expect(report.readUInt32BE(4)).toBe(0x1111_1111);
    expect(report.readBigUInt64BE(8)).toBe(ntpFromUnixMs(captured + 500));
    expect(report.readUInt32BE(16)).toBe((timestampOf(0) + 45_000) % 2 ** 32);
    expect(report.readUInt32BE(20)).toBe(1);
    expect(report.readUInt32BE(24)).toBe(3);
  });

  test("stop after a change of child until its own clock is known", () => {
    open();
    source.send("key", { startsKeyFrame: true });
    source.sink?.onSenderReport({
      ntp: ntpFromUnixMs(captured),
      rtpTimestamp: 0,
    });
    source.sink?.onReset();
    pass(5_000);
    expect(writer.rtcp).toHaveLength(1);
    source.send("key", { startsKeyFrame: true, timestamp: 7 });
    pass(5_000);
    expect(writer.rtcp).toHaveLength(1);
    source.sink?.onSenderReport({
      ntp: ntpFromUnixMs(captured + 10_000),
      rtpTimestamp: 7,
    });
    expect(writer.rtcp).toHaveLength(2);
  });
});

describe("a receiver report", () => {
  test("gives loss, and the round trip where it refers to our last report", () => {
    open();
    source.send("key", { startsKeyFrame: true });
    source.sink?.onSenderReport({
      ntp: ntpFromUnixMs(clock.wallMs()),
      rtpTimestamp: 0,
    });
    const lastSenderReport = compactNtp(ntpFromUnixMs(clock.wallMs()));
    clock.advance(130);
    track.onReportBlock({
      fractionLost: 0.25,
      highestSequence: 0,
      lastSenderReport: 1,
      delaySinceLastSenderReport: 0,
    });
    expect(track.stats).toMatchObject({
      fractionLost: 0.25,
      roundTripMs: undefined,
    });
    track.onReportBlock({
      fractionLost: 0,
      highestSequence: 0,
      lastSenderReport,
      delaySinceLastSenderReport: 65_536 / 10,
    });
    expect(track.stats.roundTripMs).toBeCloseTo(30);
  });

  test("never gives a negative round trip", () => {
    open();
    source.send("key", { startsKeyFrame: true });
    source.sink?.onSenderReport({
      ntp: ntpFromUnixMs(clock.wallMs()),
      rtpTimestamp: 0,
    });
    track.onReportBlock({
      fractionLost: 0,
      highestSequence: 0,
      lastSenderReport: compactNtp(ntpFromUnixMs(clock.wallMs())),
      delaySinceLastSenderReport: 65_536,
    });
    expect(track.stats.roundTripMs).toBe(0);
  });
});

test("a closed track takes no packets, resends none and reports nothing", () => {
  open();
  source.send("key", { startsKeyFrame: true });
  source.sink?.onSenderReport({ ntp: 1n, rtpTimestamp: 0 });
  track.close();
  track.close();
  expect(source.sink).toBeUndefined();
  track.onNack([sequenceOf(0)]);
  pass(10_000);
  expect({ rtp: writer.rtp.length, rtcp: writer.rtcp.length }).toEqual({
    rtp: 1,
    rtcp: 1,
  });
});

describe("redundant audio", () => {
  const openAudio = (): void => {
    open({
      startAtKeyFrame: false,
      rtx: undefined,
      payloadType: 111,
      red: { payloadType: 63, opusPayloadType: 111, distance: 2 },
    });
  };
  const report = (fractionLost: number): void => {
    track.onReportBlock({
      fractionLost,
      highestSequence: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    });
  };
  const types = (): number[] =>
    writer.rtp.map(({ header }) => (header[1] ?? 0) & 0x7f);

  test("is sent from the first report of a loss on, with the packet's own numbers", () => {
    openAudio();
    source.send("one", { timestamp: 0 });
    report(0.02);
    source.send("two", { timestamp: 480, marker: true });
    expect(types()).toEqual([111, 63]);
    expect(sequenceOf(1) - sequenceOf(0)).toBe(1);
    expect((timestampOf(1) - timestampOf(0)) >>> 0).toBe(480);
    expect((writer.rtp[1]?.header[1] ?? 0) & 0x80).toBe(0x80);
    const payload = writer.rtp[1]?.payload ?? Buffer.alloc(0);
    expect(payload.subarray(5).toString()).toBe("onetwo");
    expect(track.stats).toMatchObject({ packetsSent: 2, redPacketsSent: 1 });
  });

  test("ends 10 s after the last loss, and never begins for another viewer", () => {
    openAudio();
    report(0.5);
    source.send("one", { timestamp: 0 });
    source.send("two", { timestamp: 480 });
    pass(10_000);
    report(0);
    source.send("three", { timestamp: 960 });
    expect(types()).toEqual([111, 63, 111]);
  });

  test("does not repeat a frame of the encoder before", () => {
    openAudio();
    report(0.5);
    source.send("one", { timestamp: 0 });
    source.sink?.onReset();
    source.send("two", { timestamp: 480 });
    expect(types()).toEqual([111, 111]);
  });
});
