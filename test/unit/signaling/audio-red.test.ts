import { describe, expect, test } from "vitest";
import {
  RedAudio,
  RedPolicy,
  type RedDistance,
} from "../../../signaling/webrtc/audio-red.ts";

const opusPayloadType = 111;

/** A packer whose viewer has reported `fractionLost`. */
function withLoss(fractionLost: number, distance: RedDistance = 2): RedAudio {
  const red = new RedAudio({ opusPayloadType, distance });
  red.onReport(fractionLost, 0);
  return red;
}

/** A RED payload taken apart as RFC 2198, section 3, has it. */
function parse(payload: Buffer | undefined) {
  if (payload === undefined) return undefined;
  const headers: { offset: number; length: number; payloadType: number }[] = [];
  let at = 0;
  while (((payload[at] ?? 0) & 0x80) !== 0) {
    const word = payload.readUInt32BE(at);
    headers.push({
      payloadType: (word >>> 24) & 0x7f,
      offset: (word >>> 10) & 0x3fff,
      length: word & 0x3ff,
    });
    at += 4;
  }
  const payloadType = payload[at];
  at += 1;
  const repeated = headers.map((header) => {
    const text = payload.toString("latin1", at, at + header.length);
    at += header.length;
    return { offset: header.offset, payloadType: header.payloadType, text };
  });
  return { payloadType, repeated, frame: payload.toString("latin1", at) };
}

describe("a viewer's reports", () => {
  test.each([
    [0, 0],
    [0.009, 0],
    [0.01, 1],
    [0.049, 1],
    [0.05, 2],
    [1, 2],
  ])("of a loss of %d ask for %d earlier frames", (loss, distance) => {
    const policy = new RedPolicy();
    policy.onReport(loss, 0);
    expect(policy.distance).toBe(distance);
  });

  test("end the redundancy 10 s after the last loss, not before", () => {
    const policy = new RedPolicy();
    policy.onReport(0.06, 1_000);
    policy.onReport(0.02, 5_000);
    expect(policy.distance, "no step down while packets are lost").toBe(2);
    policy.onReport(0, 14_999);
    expect(policy.distance).toBe(2);
    policy.onReport(0, 15_000);
    expect(policy.distance).toBe(0);
  });
});

describe("a packet", () => {
  test("carries its frame alone, without RED, while nothing is lost", () => {
    const red = withLoss(0);
    expect(red.pack(Buffer.from("one"), 0)).toBeUndefined();
    expect(red.pack(Buffer.from("two"), 480)).toBeUndefined();
  });

  test("carries the frames before it, oldest first, with their offsets", () => {
    const red = withLoss(0.1);
    expect(red.pack(Buffer.from("one"), 1_000)).toBeUndefined();
    expect(parse(red.pack(Buffer.from("second"), 1_480))).toEqual({
      payloadType: opusPayloadType,
      repeated: [{ offset: 480, payloadType: opusPayloadType, text: "one" }],
      frame: "second",
    });
    expect(parse(red.pack(Buffer.from("3rd"), 1_960))).toEqual({
      payloadType: opusPayloadType,
      repeated: [
        { offset: 960, payloadType: opusPayloadType, text: "one" },
        { offset: 480, payloadType: opusPayloadType, text: "second" },
      ],
      frame: "3rd",
    });
  });

  test("carries one at little loss, and at most as many as were agreed on", () => {
    for (const red of [withLoss(0.02), withLoss(0.1, 1)]) {
      red.pack(Buffer.from("one"), 0);
      red.pack(Buffer.from("two"), 480);
      expect(
        parse(red.pack(Buffer.from("three"), 960))?.repeated.map(
          ({ text }) => text,
        ),
      ).toEqual(["two"]);
    }
  });

  test("after a silence, or of another encoder, carries nothing of before", () => {
    const red = withLoss(0.1);
    red.pack(Buffer.from("one"), 0);
    expect(red.pack(Buffer.from("after DTX"), 10_080)).toBeUndefined();
    const next = parse(red.pack(Buffer.from("next"), 10_560));
    expect(next?.repeated.map(({ text }) => text)).toEqual(["after DTX"]);
    red.reset();
    expect(red.pack(Buffer.from("other"), 11_040)).toBeUndefined();
  });

  test("has the right offsets where the timestamp rolls over", () => {
    const red = withLoss(0.1);
    red.pack(Buffer.from("one"), 2 ** 32 - 240);
    const packet = parse(red.pack(Buffer.from("two"), 240));
    expect(packet?.repeated[0]?.offset).toBe(480);
  });

  test("leaves out what would make it larger than the path allows, the oldest first", () => {
    const red = withLoss(0.1);
    red.pack(Buffer.alloc(600, "a"), 0);
    red.pack(Buffer.alloc(500, "b"), 480);
    const packet = red.pack(Buffer.alloc(500, "c"), 960);
    expect(parse(packet)?.repeated.map(({ text }) => text[0])).toEqual(["b"]);
    expect(packet?.length).toBe(500 + 4 + 500 + 1);
    expect(red.pack(Buffer.alloc(1_000), 1_440)).toBeUndefined();
  });

  test("leaves out a frame whose length does not fit into ten bits", () => {
    const red = withLoss(0.1);
    red.pack(Buffer.alloc(1_024), 0);
    expect(red.pack(Buffer.from("small"), 480)).toBeUndefined();
  });
});
