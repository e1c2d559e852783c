import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameRtp, RtpFrameDecoder } from "../../../encoders/rtp-framing.ts";

/** `bytes` in pieces that end at `cuts`. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [
    ...cuts.map((at) => at % (bytes.length + 1)),
    bytes.length,
  ].sort((one, other) => one - other);
  let start = 0;
  return ends.map((end) => {
    const piece = Buffer.from(bytes.subarray(start, end));
    start = end;
    return piece;
  });
}

const packet = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc
      .nat({ max: 65_534 })
      .map((length) => new Uint8Array(length + 1).fill(length)),
  )
  .map((bytes) => Buffer.from(bytes));

describe("RtpFrameDecoder", () => {
  test("gives back any packets, however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(packet, { maxLength: 8 }),
        fc.array(fc.nat()),
        (packets, cuts) => {
          const seen: Buffer[] = [];
          const decoder = new RtpFrameDecoder((each) => seen.push(each));
          for (const chunk of cut(Buffer.concat(packets.map(frameRtp)), cuts))
            decoder.write(chunk);
          // Compared at the end: a packet must stay as it was while others follow.
          expect(seen.map((each) => each.toString("hex"))).toEqual(
            packets.map((each) => each.toString("hex")),
          );
        },
      ),
    );
  });

  test("takes a stream one byte at a time", () => {
    const seen: string[] = [];
    const decoder = new RtpFrameDecoder((each) => seen.push(each.toString()));
    const stream = Buffer.concat([
      frameRtp(Buffer.from("one")),
      frameRtp(Buffer.from("two")),
    ]);
    for (const byte of stream) decoder.write(Buffer.from([byte]));
    expect(seen).toEqual(["one", "two"]);
  });

  test("carries the largest packet there can be", () => {
    const seen: number[] = [];
    const decoder = new RtpFrameDecoder((each) => seen.push(each.length));
    const stream = frameRtp(Buffer.alloc(65_535));
    decoder.write(stream.subarray(0, 65_000));
    decoder.write(stream.subarray(65_000));
    expect(seen).toEqual([65_535]);
  });

  test("delivers empty frames, whole and in pieces, so that they can be counted", () => {
    const seen: string[] = [];
    const decoder = new RtpFrameDecoder((each) => seen.push(each.toString()));
    decoder.write(Buffer.from([0, 0, 0]));
    decoder.write(Buffer.from([0]));
    decoder.write(frameRtp(Buffer.from("after")));
    expect(seen).toEqual(["", "", "after"]);
  });

  test("lets go of every chunk once its packets are delivered", async () => {
    let bytes = 0;
    const decoder = new RtpFrameDecoder((each) => {
      bytes += each.length;
    });
    const writeChunk = (): WeakRef<ArrayBufferLike> => {
      const chunk = Buffer.concat(
        Array.from({ length: 90 }, () => frameRtp(Buffer.alloc(1_100))),
      );
      decoder.write(chunk.subarray(0, 777)); // The rest completes a pending packet.
      decoder.write(chunk.subarray(777));
      return new WeakRef(chunk.buffer);
    };
    const chunks = Array.from({ length: 100 }, writeChunk);
    expect(bytes).toBe(100 * 90 * 1_100);
    await new Promise(setImmediate); // A WeakRef holds its target until the end of its turn.
    collectGarbage();
    expect(chunks.filter((chunk) => chunk.deref() !== undefined)).toEqual([]);
  });
});

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

test("frameRtp puts the length in front, in network order", () => {
  expect(frameRtp(Buffer.alloc(258, 7)).subarray(0, 3)).toEqual(
    Buffer.from([1, 2, 7]),
  );
});
