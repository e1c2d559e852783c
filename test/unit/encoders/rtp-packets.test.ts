import { describe, expect, test } from "vitest";
import {
  startsAnywhere,
  startsH264KeyFrame,
  startsVp8KeyFrame,
} from "../../../encoders/key-frames.ts";
import {
  isRtcp,
  isRtp,
  pictureLossIndication,
  readSenderReport,
  saysGoodbye,
} from "../../../encoders/rtp-packets.ts";

/** An RTP packet with the given bytes as its payload. */
function rtp(...payload: number[]): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = 96;
  return Buffer.concat([header, Buffer.from(payload)]);
}

describe("isRtp and isRtcp", () => {
  test.each([
    { what: "RTP", packet: rtp(1), rtpIs: true, rtcpIs: false },
    {
      what: "RTP with the marker bit",
      packet: withType(0x80 | 96),
      rtpIs: true,
      rtcpIs: false,
    },
    {
      what: "a sender report",
      packet: withType(200),
      rtpIs: true,
      rtcpIs: true,
    },
    {
      what: "payload feedback",
      packet: withType(206),
      rtpIs: true,
      rtcpIs: true,
    },
    {
      what: "a header alone",
      packet: Buffer.alloc(12, 0x80),
      rtpIs: false,
      rtcpIs: false,
    },
    {
      what: "another version",
      packet: Buffer.alloc(20, 0x40),
      rtpIs: false,
      rtcpIs: false,
    },
    { what: "nothing", packet: Buffer.alloc(0), rtpIs: false, rtcpIs: false },
  ])("$what", ({ packet, rtpIs, rtcpIs }) => {
    expect({ rtp: isRtp(packet), rtcp: isRtcp(packet) }).toEqual({
      rtp: rtpIs,
      rtcp: rtcpIs,
    });
  });

  function withType(type: number): Buffer {
    const packet = rtp(1);
    packet[1] = type;
    return packet;
  }
});

describe("readSenderReport", () => {
  const report = Buffer.alloc(52);
  report[0] = 0x80;
  report[1] = 200;
  report.writeUInt16BE(6, 2);
  report.writeUInt32BE(0x1111_1111, 4);
  report.writeBigUInt64BE(0xe8d4_0000_8000_0000n, 8);
  report.writeUInt32BE(0xfedc_ba98, 16);
  report[28] = 0x81;
  report[29] = 202;

  test("reads both clocks of a compound packet", () => {
    expect(readSenderReport(report)).toEqual({
      ntp: 0xe8d4_0000_8000_0000n,
      rtpTimestamp: 0xfedc_ba98,
    });
  });

  test("finds none in a receiver report, and none in half a report", () => {
    const other = Buffer.from(report);
    other[1] = 201;
    expect(readSenderReport(other)).toBeUndefined();
    expect(readSenderReport(report.subarray(0, 27))).toBeUndefined();
  });
});

test("a picture loss indication has the bytes of RFC 4585, section 6.3.1", () => {
  expect(pictureLossIndication(0xdead_beef).toString("hex")).toBe(
    "81ce0002" + "00000001" + "deadbeef",
  );
});

describe("saysGoodbye", () => {
  const report = "80c900010000000a"; // an empty receiver report
  const description = "81ca00020000000a01000000"; // an empty CNAME
  const goodbye = "81cb00010000000a";
  test.each([
    { what: "a BYE", hex: goodbye, says: true },
    {
      what: "a BYE behind others",
      hex: report + description + goodbye,
      says: true,
    },
    { what: "no BYE", hex: report + description, says: false },
    {
      what: "the number of a BYE within a report",
      hex: "80c9000200cb000000cb0000",
      says: false,
    },
    { what: "a length beyond the end", hex: "80c9ffff0000000a", says: false },
    { what: "the beginning of a part", hex: `${report}81cb`, says: false },
    { what: "nothing", hex: "", says: false },
  ])("$what: $says", ({ hex, says }) => {
    expect(saysGoodbye(Buffer.from(hex, "hex"))).toBe(says);
  });
});

describe("startsH264KeyFrame", () => {
  test.each([
    { what: "SPS alone", packet: rtp(0x67, 0x42), starts: true },
    {
      what: "SPS with another nal_ref_idc",
      packet: rtp(0x27, 0x42),
      starts: true,
    },
    {
      what: "STAP-A that begins with SPS",
      packet: rtp(0x78, 0, 12, 0x67, 0x42),
      starts: true,
    },
    {
      what: "STAP-A of AUD and SPS",
      packet: rtp(0x78, 0, 2, 0x09, 0xf0, 0, 2, 0x67, 0x42),
      starts: true,
    },
    {
      what: "STAP-A without SPS",
      packet: rtp(0x78, 0, 2, 0x09, 0xf0, 0, 2, 0x41, 0x9a),
      starts: false,
    },
    { what: "PPS", packet: rtp(0x68, 0xce), starts: false },
    {
      what: "IDR slice, after its parameter sets",
      packet: rtp(0x65, 0x88),
      starts: false,
    },
    {
      what: "first FU-A of an IDR slice",
      packet: rtp(0x7c, 0x85),
      starts: false,
    },
    { what: "non-IDR slice", packet: rtp(0x41, 0x9a), starts: false },
    { what: "half an aggregate", packet: rtp(0x78), starts: false },
  ])("$what: $starts", ({ packet, starts }) => {
    expect(startsH264KeyFrame(packet)).toBe(starts);
  });
});

describe("startsVp8KeyFrame", () => {
  test.each([
    { what: "S, key frame", packet: rtp(0x10, 0x10, 0), starts: true },
    { what: "S, inter frame", packet: rtp(0x10, 0x11, 0), starts: false },
    {
      what: "no S: a later packet of the frame",
      packet: rtp(0x00, 0x10, 0),
      starts: false,
    },
    { what: "S, but partition 1", packet: rtp(0x11, 0x10, 0), starts: false },
    {
      what: "7-bit picture ID",
      packet: rtp(0x90, 0x80, 0x11, 0x10),
      starts: true,
    },
    {
      what: "15-bit picture ID, key frame",
      packet: rtp(0x90, 0x80, 0x81, 0x23, 0x10),
      starts: true,
    },
    {
      what: "15-bit picture ID, inter frame",
      packet: rtp(0x90, 0x80, 0x81, 0x22, 0x11),
      starts: false,
    },
    {
      what: "all extensions",
      packet: rtp(0x90, 0xf0, 0x81, 0x23, 1, 0x20, 0x10),
      starts: true,
    },
    { what: "TL0PICIDX alone", packet: rtp(0x90, 0x40, 1, 0x10), starts: true },
    { what: "KEYIDX alone", packet: rtp(0x90, 0x10, 1, 0x11), starts: false },
    {
      what: "cut off in the descriptor",
      packet: rtp(0x90, 0x80, 0x81, 0x23),
      starts: false,
    },
    { what: "the descriptor alone", packet: rtp(0x10), starts: false },
  ])("$what: $starts", ({ packet, starts }) => {
    expect(startsVp8KeyFrame(packet)).toBe(starts);
  });
});

test("audio can be joined anywhere", () => {
  expect(startsAnywhere(rtp(1))).toBe(true);
});
