/**
 * What is a packet of Opus, and what is not: RFC 6716, section 3.4.
 */
import { expect, test } from "vitest";
import { isOpusPacket } from "../../../../encoders/audio/opus-packet.ts";

/** Configuration 31: CELT, full band, 20 ms. */
const toc = (code: number, config = 31): number => (config << 3) | code;
const packet = (head: readonly number[], bytes = 0): Uint8Array =>
  Uint8Array.from([...head, ...new Uint8Array(bytes)]);

test.each([
  ["a frame", packet([toc(0)], 80)],
  ["a frame of nothing, as DTX sends it", packet([toc(0)])],
  ["the longest frame", packet([toc(0)], 1_275)],
  ["two frames of one length", packet([toc(1)], 80)],
  ["two frames of different lengths", packet([toc(2), 10], 30)],
  ["a length of two bytes", packet([toc(2), 252, 1], 256 + 5)],
  ["six frames of one length", packet([toc(3), 6], 60)],
  ["three frames with lengths", packet([toc(3), 0x83, 5, 6], 18)],
  ["padding", packet([toc(3), 0x41, 4], 20 + 4)],
  ["padding with a long length", packet([toc(3), 0x41, 255, 2], 20 + 256)],
  ["48 frames of 2.5 ms", packet([toc(3, 28), 48], 48)],
])("%s is one", (_, bytes) => {
  expect(isOpusPacket(bytes)).toBe(true);
});

test.each([
  ["nothing", packet([])],
  ["a frame that is too long", packet([toc(0)], 1_276)],
  ["two frames of one length in an odd number of bytes", packet([toc(1)], 3)],
  ["two frames of one length that is too long", packet([toc(1)], 2_552)],
  ["two frames without a length", packet([toc(2)])],
  ["half of a length", packet([toc(2), 252])],
  ["a first frame that is cut off", packet([toc(2), 10], 9)],
  ["a second frame that is too long", packet([toc(2), 0], 1_276)],
  ["many frames without a number", packet([toc(3)])],
  ["no frames", packet([toc(3), 0], 10)],
  ["more than 120 ms", packet([toc(3), 7], 70)],
  [
    "three frames of one length that do not come out even",
    packet([toc(3), 3], 7),
  ],
  ["frames that are cut off", packet([toc(3), 0x83, 5, 6], 10)],
  ["padding without an end", packet([toc(3), 0x41, 255])],
  ["more padding than there is", packet([toc(3), 0x41, 20], 19)],
])("%s is none", (_, bytes) => {
  expect(isOpusPacket(bytes)).toBe(false);
});
