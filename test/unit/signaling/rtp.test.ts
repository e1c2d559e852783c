import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { advertisedCandidates } from "../../../signaling/webrtc/advertised-candidates.ts";
import {
  compactNtp,
  ntpFromUnixMs,
  senderReport,
} from "../../../signaling/webrtc/rtcp.ts";
import { RtpContinuity } from "../../../signaling/webrtc/rtp-continuity.ts";
import {
  noPlayoutDelay,
  RtpHeaderTemplate,
} from "../../../signaling/webrtc/rtp-header.ts";
import {
  SendHistory,
  type SentPacket,
} from "../../../signaling/webrtc/send-history.ts";

const uint32 = 2 ** 32;
const clockRate = 90_000;

describe("RtpContinuity", () => {
  test("counts sequence numbers up, over the end of 16 bits", () => {
    const continuity = new RtpContinuity({
      clockRate,
      firstSequence: 65_534,
      firstTimestamp: 0,
    });
    expect(Array.from({ length: 4 }, () => continuity.nextSequence())).toEqual([
      65_534, 65_535, 0, 1,
    ]);
  });

  test("keeps the source's distances, over the end of 32 bits on either side", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: uint32 - 1 }),
        fc.nat({ max: uint32 - 1 }),
        fc.array(fc.nat({ max: 200_000 }), { minLength: 1 }),
        (firstTimestamp, start, steps) => {
          const continuity = new RtpContinuity({
            clockRate,
            firstSequence: 0,
            firstTimestamp,
          });
          let incoming = start;
          let before = continuity.timestamp(incoming, 0);
          for (const step of steps) {
            incoming = (incoming + step) % uint32;
            const outgoing = continuity.timestamp(incoming, 0);
            expect(outgoing).toBeGreaterThanOrEqual(0);
            expect(outgoing).toBeLessThan(uint32);
            expect((outgoing - before + uint32) % uint32).toBe(step);
            before = outgoing;
          }
        },
      ),
    );
  });

  test("bridges a change of source by the time that has passed", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: uint32 - 1 }),
        fc.nat({ max: uint32 - 1 }),
        fc.nat({ max: uint32 - 1 }),
        fc.nat({ max: 86_400_000 }),
        (firstTimestamp, first, second, gapMs) => {
          const continuity = new RtpContinuity({
            clockRate,
            firstSequence: 0,
            firstTimestamp,
          });
          const before = continuity.timestamp(first, 5_000);
          continuity.reset();
          const after = continuity.timestamp(second, 5_000 + gapMs);
          expect((after - before + uint32) % uint32).toBe(
            Math.max(1, gapMs * 90) % uint32,
          );
        },
      ),
    );
  });

  test("does not give two frames of different sources one timestamp", () => {
    const continuity = new RtpContinuity({
      clockRate,
      firstSequence: 0,
      firstTimestamp: 9,
    });
    const before = continuity.timestamp(1, 100);
    continuity.reset();
    expect(continuity.timestamp(1, 100)).not.toBe(before);
  });

  test("says what the timestamp is at a wall-clock time, before and after the reference", () => {
    const continuity = new RtpContinuity({
      clockRate,
      firstSequence: 0,
      firstTimestamp: 0,
    });
    const reference = {
      ntp: ntpFromUnixMs(1_700_000_000_000),
      rtpTimestamp: 4_000_000_000,
    };
    expect(continuity.timestampAt(reference.ntp, reference)).toBeUndefined();
    const outgoing = continuity.timestamp(4_000_000_000, 0);
    const at = (ms: number): number | undefined =>
      continuity.timestampAt(ntpFromUnixMs(1_700_000_000_000 + ms), reference);
    expect(at(0)).toBe(outgoing);
    expect(at(1_000)).toBe(outgoing + 90_000);
    expect(at(-1_000)).toBe((outgoing - 90_000 + uint32) % uint32);
    continuity.reset();
    expect(at(0), "the reference is that of the source before").toBeUndefined();
  });
});

describe("SendHistory", () => {
  const sent = (sequenceNumber: number, sentMs: number): SentPacket => ({
    sequenceNumber,
    header: Buffer.alloc(12),
    payload: Buffer.alloc(1),
    sentMs,
    resentMs: 0,
  });

  test("gives out what is at most a second old", () => {
    const history = new SendHistory();
    const packet = sent(7, 1_000);
    history.add(packet);
    expect(history.find(7, 2_000)).toBe(packet);
    expect(history.find(7, 2_001)).toBeUndefined();
    expect(history.find(8, 1_000)).toBeUndefined();
  });

  test("holds 4,096 packets, over the end of 16 bits, and no other under their number", () => {
    const history = new SendHistory();
    for (let count = 0; count < 5_000; count += 1)
      history.add(sent((63_000 + count) % 65_536, 0));
    expect(history.find(63_000 + 903, 0)).toBeUndefined();
    expect(history.find(63_000 + 904, 0)?.sequenceNumber).toBe(63_904);
    expect(history.find((63_000 + 4_999) % 65_536, 0)?.sequenceNumber).toBe(
      2_463,
    );
    history.clear();
    expect(history.find(2_463, 0)).toBeUndefined();
  });
});

describe("RtpHeaderTemplate", () => {
  test("writes the bytes of RFC 3550 without extensions", () => {
    const headers = new RtpHeaderTemplate({
      ssrc: 0xdeadbeef,
      payloadType: 102,
      extensions: [],
    });
    expect(headers.header(0x1234, 0xfedcba98, true).toString("hex")).toBe(
      "80e61234" + "fedcba98" + "deadbeef",
    );
    expect(headers.header(0xffff, 0, false).toString("hex")).toBe(
      "8066ffff" + "00000000" + "deadbeef",
    );
  });

  test("writes one-byte extensions as RFC 8285, section 4.2, with padding to a whole word", () => {
    const headers = new RtpHeaderTemplate({
      ssrc: 1,
      payloadType: 96,
      extensions: [
        { id: 1, value: Buffer.from("0") },
        { id: 5, value: noPlayoutDelay },
      ],
    });
    expect(headers.header(1, 2, false).toString("hex")).toBe(
      "90600001" +
        "00000002" +
        "00000001" +
        "bede0002" +
        "10305200" +
        "00000000",
    );
  });

  test("makes a header of its own each time", () => {
    const headers = new RtpHeaderTemplate({
      ssrc: 1,
      payloadType: 96,
      extensions: [],
    });
    const first = headers.header(1, 1, false);
    headers.header(2, 2, true);
    expect(first.readUInt16BE(2)).toBe(1);
  });
});

describe("RTCP", () => {
  test("counts NTP time from 1900", () => {
    expect(ntpFromUnixMs(0)).toBe(2_208_988_800n << 32n);
    expect(ntpFromUnixMs(500)).toBe((2_208_988_800n << 32n) + 0x8000_0000n);
    expect(ntpFromUnixMs(1_700_000_000_250)).toBe(
      (3_908_988_800n << 32n) + 0x4000_0000n,
    );
    expect(ntpFromUnixMs(999.9999999)).toBe(2_208_988_801n << 32n);
  });

  test("refers to a report by the middle of its NTP time", () => {
    expect(compactNtp(0x1111_2222_3333_4444n)).toBe(0x2222_3333);
  });

  test("writes a sender report and the CNAME that belongs to it", () => {
    const packet = senderReport({
      ssrc: 0xdeadbeef,
      ntp: 0x0102_0304_0506_0708n,
      rtpTimestamp: 0xfedcba98,
      packetCount: 2 ** 32 + 3,
      octetCount: 5,
      cname: "abc",
    });
    expect(packet.toString("hex")).toBe(
      "80c80006" +
        "deadbeef" +
        "0102030405060708" +
        "fedcba98" +
        "00000003" +
        "00000005" +
        "81ca0003" +
        "deadbeef" +
        "0103616263" +
        "000000",
    );
  });

  test("ends the CNAME with a zero byte and fills up the word, whatever its length", () => {
    for (let length = 0; length < 300; length += 1) {
      const packet = senderReport({
        ssrc: 1,
        ntp: 0n,
        rtpTimestamp: 0,
        packetCount: 0,
        octetCount: 0,
        cname: "c".repeat(length),
      });
      const description = packet.subarray(28);
      expect(description.length).toBe((description.readUInt16BE(2) + 1) * 4);
      expect(description.at(-1)).toBe(0);
      expect(description[9]).toBe(Math.min(length, 255));
    }
  });
});

describe("advertisedCandidates", () => {
  const host =
    "candidate:f1 1 udp 2130706431 10.0.0.7 40000 typ host generation 0";
  test.each([
    {
      what: "each address of the family gets a copy with a foundation of its own",
      line: host,
      addresses: ["203.0.113.9", "2001:db8::1", "198.51.100.4"],
      lines: [
        "candidate:f11 1 udp 2130706431 203.0.113.9 40000 typ host generation 0",
        "candidate:f12 1 udp 2130706431 198.51.100.4 40000 typ host generation 0",
      ],
    },
    {
      what: "IPv6 goes with IPv6",
      line: "candidate:f1 1 UDP 1 fe80::1 40000 typ host",
      addresses: ["203.0.113.9", "2001:db8::1"],
      lines: ["candidate:f11 1 UDP 1 2001:db8::1 40000 typ host"],
    },
    {
      what: "the address itself is not repeated",
      line: host,
      addresses: ["10.0.0.7"],
      lines: [],
    },
    {
      what: "TCP is left alone",
      line: host.replace("udp", "tcp"),
      addresses: ["203.0.113.9"],
      lines: [],
    },
    {
      what: "relayed candidates are left alone",
      line: host.replace("typ host", "typ relay"),
      addresses: ["203.0.113.9"],
      lines: [],
    },
    {
      what: "rubbish is left alone",
      line: "candidate",
      addresses: ["203.0.113.9"],
      lines: [],
    },
  ])("$what", ({ line, addresses, lines }) => {
    expect(advertisedCandidates(line, addresses)).toEqual(lines);
  });
});
