import { describe, expect, it } from "vitest";
import { summarize, type StatsEntry } from "../../../client/src/stats.ts";

/** A report as Chromium makes it, `seconds` into a stream of 60 frames a second. */
function report(seconds: number, extra: StatsEntry = {}): StatsEntry[] {
  return [
    {
      id: "V",
      type: "inbound-rtp",
      kind: "video",
      codecId: "C",
      timestamp: seconds * 1_000,
      bytesReceived: seconds * 125_000,
      packetsReceived: seconds * 90,
      packetsLost: seconds * 10,
      framesDecoded: seconds * 60,
      totalDecodeTime: seconds * 60 * 0.002,
      jitterBufferDelay: seconds * 60 * 0.005,
      jitterBufferEmittedCount: seconds * 60,
      framesDropped: 3,
      frameWidth: 1280,
      frameHeight: 720,
      jitter: 0.004,
      decoderImplementation: "FFmpeg",
      ...extra,
    },
    { id: "C", type: "codec", mimeType: "video/H264" },
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    {
      id: "P",
      type: "candidate-pair",
      currentRoundTripTime: 0.012,
      localCandidateId: "L",
    },
    {
      id: "L",
      type: "local-candidate",
      protocol: "udp",
      candidateType: "host",
    },
  ];
}

describe("the figures of a second", () => {
  it("are the differences of two reports", () => {
    const first = summarize(report(1), undefined);
    const { snapshot } = summarize(report(2), first.counters);
    expect(snapshot).toMatchObject({
      framesPerSecond: 60,
      bitrateBps: 1_000_000,
      packetLoss: 0.1,
      roundTripMs: 12,
      jitterMs: 4,
      framesDropped: 3,
      width: 1280,
      height: 720,
      videoCodec: "H264",
      audioCodec: undefined,
      decoder: "FFmpeg",
      path: "udp host",
    });
    expect(snapshot.decodeMs).toBeCloseTo(2);
    expect(snapshot.bufferMs).toBeCloseTo(5);
  });

  it("are unknown in the first report", () => {
    const { snapshot } = summarize(report(1), undefined);
    expect(snapshot.framesPerSecond).toBeUndefined();
    expect(snapshot.bitrateBps).toBeUndefined();
  });

  it("are not computed across two connections", () => {
    const before = summarize(report(9), undefined).counters;
    const { snapshot } = summarize(report(1), before);
    expect(snapshot.framesPerSecond).toBeUndefined();
  });

  it("count no loss when late packets are taken off again", () => {
    const { counters } = summarize(report(1, { packetsLost: 20 }), undefined);
    expect(summarize(report(2), counters).snapshot.packetLoss).toBe(0);
  });

  it("have no decode time for a second without frames", () => {
    const still = { framesDecoded: 60, totalDecodeTime: 0.12 };
    const { counters } = summarize(report(1, still), undefined);
    const { snapshot } = summarize(report(2, still), counters);
    expect(snapshot.framesPerSecond).toBe(0);
    expect(snapshot.decodeMs).toBeUndefined();
  });

  it("find the path in Firefox, which marks the pair itself", () => {
    const entries = [
      ...report(1).filter(({ type }) => type !== "transport"),
      {
        id: "P",
        type: "candidate-pair",
        selected: true,
        currentRoundTripTime: 0.03,
        localCandidateId: "L",
      },
    ];
    const { snapshot } = summarize(entries, undefined);
    expect(snapshot.roundTripMs).toBe(30);
    expect(snapshot.path).toBe("udp host");
  });
});
