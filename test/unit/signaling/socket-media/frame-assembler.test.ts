import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  mediaHeaderBytes,
  readMediaFrame,
  writeMediaHeader,
  type SocketVideoCodec,
} from "../../../../signaling/protocol/socket-media.ts";
import { FrameAssembler } from "../../../../signaling/socket-media/frame-assembler.ts";

interface Taken {
  content: Buffer;
  isKeyFrame: boolean;
  timestamp: number;
}

function assemble(
  codec: SocketVideoCodec,
  packets: readonly { payload: Buffer; marker?: boolean; key?: boolean }[],
): Taken[] {
  const taken: Taken[] = [];
  const assembler = new FrameAssembler(codec, (frame, about) => {
    taken.push({
      content: Buffer.from(frame).subarray(mediaHeaderBytes),
      ...about,
    });
  });
  for (const { payload, marker = false, key = false } of packets) {
    const packet = Buffer.alloc(12 + payload.length);
    packet[0] = 0x80;
    packet[1] = 96 | (marker ? 0x80 : 0);
    packet.writeUInt32BE(90_000, 4);
    payload.copy(packet, 12);
    assembler.onPacket(packet, key);
  }
  return taken;
}

const start = Buffer.from([0, 0, 0, 1]);

/** RFC 6184, section 5.8: the unit in fragments of `size` bytes. */
function fragments(unit: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 1; at < unit.length; at += size) {
    const first = at === 1 ? 0x80 : 0;
    const last = at + size >= unit.length ? 0x40 : 0;
    const header = unit[0] ?? 0;
    pieces.push(
      Buffer.concat([
        Buffer.of((header & 0xe0) | 28, first | last | (header & 0x1f)),
        unit.subarray(at, at + size),
      ]),
    );
  }
  return pieces;
}

function aggregate(units: readonly Buffer[]): Buffer {
  return Buffer.concat([
    Buffer.of(0x78),
    ...units.flatMap((unit) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(unit.length);
      return [length, unit];
    }),
  ]);
}

describe("H.264", () => {
  const sps = Buffer.from([0x67, 0x42, 0xc0, 0x1f, 9, 9]);
  const pps = Buffer.from([0x68, 1, 2]);
  const idr = Buffer.from([0x65, ...Array.from({ length: 40 }, (_, at) => at)]);

  it("puts an aggregate and fragments together, with start codes", () => {
    const parts = fragments(idr, 16);
    const [frame] = assemble("h264", [
      { payload: aggregate([sps, pps]), key: true },
      ...parts.map((payload, at) => ({
        payload,
        marker: at === parts.length - 1,
      })),
    ]);
    expect(frame).toEqual({
      content: Buffer.concat([start, sps, start, pps, start, idr]),
      isKeyFrame: true,
      timestamp: 90_000,
    });
  });

  it("is the same however a unit is cut", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2, maxLength: 400 }),
        fc.integer({ min: 1, max: 200 }),
        (bytes, size) => {
          const unit = Buffer.concat([Buffer.of(0x41), bytes]);
          const parts = fragments(unit, size);
          const [frame] = assemble(
            "h264",
            parts.map((payload, at) => ({
              payload,
              marker: at === parts.length - 1,
            })),
          );
          expect(frame?.content).toEqual(Buffer.concat([start, unit]));
          expect(frame?.isKeyFrame).toBe(false);
        },
      ),
    );
  });

  it("takes no notice of nonsense, and goes on with the next frame", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const frames = assemble("h264", [
          { payload: Buffer.from(bytes), marker: true },
          { payload: idr, marker: true },
        ]);
        expect(frames.at(-1)?.content).toEqual(Buffer.concat([start, idr]));
      }),
    );
  });
});

describe("VP8", () => {
  it.each([
    ["no extension", [0x10]],
    ["a short picture ID", [0x90, 0x80, 0x11]],
    ["a long picture ID", [0x90, 0x80, 0x91, 0x22]],
    ["all extensions", [0x90, 0xf0, 0x91, 0x22, 0x33, 0x44]],
  ])("leaves out a descriptor with %s", (_, descriptor) => {
    const [frame] = assemble("vp8", [
      { payload: Buffer.from([...descriptor, 1, 2, 3]), key: true },
      { payload: Buffer.from([0x00, 4, 5]), marker: true },
    ]);
    expect(frame).toMatchObject({
      content: Buffer.from([1, 2, 3, 4, 5]),
      isKeyFrame: true,
    });
  });
});

describe("a frame on the wire", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("video", "video-key", "audio"),
        fc.nat({ max: 2 ** 32 - 1 }),
        fc.nat({ max: 2 ** 32 - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 50 }),
        (kind, sequence, timestamp, content) => {
          const frame = new Uint8Array(mediaHeaderBytes + content.length);
          frame.set(content, mediaHeaderBytes);
          writeMediaHeader(frame, { kind, sequence, timestamp });
          expect(readMediaFrame(frame)).toEqual({
            kind,
            sequence,
            timestamp,
            content,
          });
        },
      ),
    );
  });

  it("is none where it is a piece of a bulk transfer, too short, or of an unknown kind", () => {
    const bulk = new Uint8Array(100);
    bulk[3] = 2;
    expect(readMediaFrame(bulk)).toBeUndefined();
    const frame = new Uint8Array(mediaHeaderBytes + 1);
    writeMediaHeader(frame, { kind: "audio", sequence: 1, timestamp: 1 });
    expect(readMediaFrame(frame.subarray(0, mediaHeaderBytes))).toBeUndefined();
    frame[4] = 9;
    expect(readMediaFrame(frame)).toBeUndefined();
  });
});
