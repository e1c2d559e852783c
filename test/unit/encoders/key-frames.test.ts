/**
 * Key frames of VP9, H.265 and AV1. The bytes of VP9 and H.265 are what GStreamer's payloaders made of real
 * frames; those of AV1 follow the RTP payload format for AV1, section 4.4.
 */
import { describe, expect, test } from "vitest";
import {
  startsAv1KeyFrame,
  startsH265KeyFrame,
  startsVp9KeyFrame,
  type KeyFrameDetector,
} from "../../../encoders/key-frames.ts";

interface Case {
  what: string;
  payload: string;
  starts: boolean;
}

function check(detector: KeyFrameDetector, cases: readonly Case[]): void {
  test.each(cases)("$what: $starts", ({ payload, starts }) => {
    const header = Buffer.from("806000010000000000000001", "hex");
    const packet = Buffer.concat([header, Buffer.from(payload, "hex")]);
    expect(detector(packet)).toBe(starts);
  });
}

describe("startsVp9KeyFrame", () => {
  check(startsVp9KeyFrame, [
    {
      what: "key frame with picture ID and scalability structure",
      payload: "8e94b618014000f0010401824983422013f00ef6",
      starts: true,
    },
    {
      what: "inter frame with picture ID",
      payload: "cc94b786004092f0a12500001c735bd000ff8000",
      starts: false,
    },
    {
      what: "key frame without picture ID",
      payload: "0e18014000f0010401824983422013f00ef60638",
      starts: true,
    },
    {
      what: "inter frame without picture ID",
      payload: "4c86004092f0a12500001c735bd000ff800057b1",
      starts: false,
    },
    {
      what: "first packet of a large key frame in flexible mode",
      payload: "9a80011801",
      starts: true,
    },
    {
      what: "later packet of a key frame",
      payload: "8094b6a1a2a3",
      starts: false,
    },
    {
      what: "last packet of a key frame",
      payload: "8494b6a1a2a3",
      starts: false,
    },
    {
      what: "first packet of a large inter frame",
      payload: "c894b786",
      starts: false,
    },
    { what: "no payload", payload: "", starts: false },
  ]);
});

describe("startsH265KeyFrame", () => {
  const vps = "40010c01ffff0160";
  const sps = "4201010160000003";
  const aud = "460150";
  const unit = (bytes: string): string =>
    (bytes.length / 2).toString(16).padStart(4, "0") + bytes;
  check(startsH265KeyFrame, [
    { what: "VPS alone", payload: vps, starts: true },
    {
      what: "aggregate of the parameter sets",
      payload: "6001001840010c01ffff01600000030090000003",
      starts: true,
    },
    {
      what: "aggregate that an access unit delimiter leads",
      payload: `6001${unit(aud)}${unit(vps)}${unit(sps)}`,
      starts: true,
    },
    { what: "SPS, after its VPS", payload: sps, starts: false },
    { what: "PPS", payload: "4401c0718312", starts: false },
    {
      what: "first fragment of an IDR picture",
      payload: "620194ac14c40a04",
      starts: false,
    },
    {
      what: "fragment of an SEI",
      payload: "6201a705ffffffff",
      starts: false,
    },
    { what: "inter frame", payload: "0201d0097880ae20", starts: false },
    {
      what: "aggregate of inter slices",
      payload: `6001${unit("0201d009")}${unit("02015678")}`,
      starts: false,
    },
    {
      what: "aggregate whose unit is cut off",
      payload: "6001000440",
      starts: false,
    },
    { what: "aggregate without a unit", payload: "6001", starts: false },
    {
      what: "aggregate of empty units",
      payload: "600100000000",
      starts: false,
    },
    { what: "no payload", payload: "", starts: false },
  ]);
});

describe("startsAv1KeyFrame", () => {
  check(startsAv1KeyFrame, [
    {
      what: "N: temporal unit with a sequence header",
      payload: "180a0b00000024",
      starts: true,
    },
    {
      what: "N and Y: its last element goes on in the next packet",
      payload: "680b0a0b0000",
      starts: true,
    },
    {
      what: "Z and Y: the middle of the key frame",
      payload: "d0a1a2a3",
      starts: false,
    },
    { what: "inter frame", payload: "103200a1", starts: false },
    { what: "no payload", payload: "", starts: false },
  ]);
});
