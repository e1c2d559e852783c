import { describe, expect, it } from "vitest";
import { MultistreamDtx } from "../../../../encoders/audio/multistream-dtx.ts";

/** A packet with so many bytes of Opus. */
function packet(payloadBytes: number): Buffer {
  const bytes = Buffer.alloc(12 + payloadBytes);
  bytes[0] = 0x80;
  bytes[1] = 98;
  return bytes;
}

const hasMarker = (bytes: Buffer): boolean => (bytes[1] ?? 0) >> 7 === 1;

describe("discontinuous transmission of four streams", () => {
  it("leaves out packets in which no stream has a frame: four TOC bytes and three lengths", () => {
    const dtx = new MultistreamDtx(4);
    expect(dtx.admit(packet(7))).toBe(false);
    expect(dtx.admit(packet(8))).toBe(true);
  });

  it("marks the first packet after a pause, and no other", () => {
    const dtx = new MultistreamDtx(4);
    const marks = [100, 7, 7, 100, 100].map((bytes) => {
      const each = packet(bytes);
      return dtx.admit(each) ? hasMarker(each) : undefined;
    });
    expect(marks).toEqual([false, undefined, undefined, true, false]);
  });

  it("leaves a mark of the payloader's", () => {
    const first = packet(100);
    first[1] = 0x80 | 98;
    expect(new MultistreamDtx(4).admit(first)).toBe(true);
    expect(hasMarker(first)).toBe(true);
  });
});
