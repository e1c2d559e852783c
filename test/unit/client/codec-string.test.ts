import { expect, it } from "vitest";
import { codecStringOf } from "../../../client/src/socket-media/codec-string.ts";

it.each([
  [
    "four bytes of start code",
    [0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 1],
    "42c01f",
  ],
  ["three bytes of start code", [0, 0, 1, 0x67, 0x64, 0x00, 0x0a, 1], "64000a"],
  [
    "an access unit delimiter before",
    [0, 0, 0, 1, 9, 0x10, 0, 0, 0, 1, 0x27, 0x4d, 0x40, 0x28, 7],
    "4d4028",
  ],
])("reads the profile of H.264 behind %s", (_, bytes, profile) => {
  expect(codecStringOf("h264", Uint8Array.from(bytes))).toBe(`avc1.${profile}`);
});

it("knows nothing of a frame without parameters", () => {
  const frame = Uint8Array.from([0, 0, 0, 1, 0x65, 1, 2, 3, 4, 5]);
  expect(codecStringOf("h264", frame)).toBeUndefined();
  expect(codecStringOf("h264", Uint8Array.of(0, 0, 1, 0x67))).toBeUndefined();
});

it("needs to know nothing of VP8", () => {
  expect(codecStringOf("vp8", new Uint8Array())).toBe("vp8");
});
