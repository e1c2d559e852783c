import { describe, expect, it } from "vitest";
import {
  readCursorImage,
  readPointerPosition,
  selectRawMotion,
} from "../../../../encoders/host/pointer-requests.ts";

describe("requests about the pointer", () => {
  it("ask for raw motion of all master devices", () => {
    const request = selectRawMotion({ majorOpcode: 131, firstEvent: 0 }, 0x123);
    expect(request.toString("hex")).toBe(
      "832e05002301000001000000" + "01000100" + "00000200",
    );
  });

  it("read shape and position", () => {
    const reply = Buffer.alloc(32 + 2 * 4);
    reply.writeUInt16LE(2, 12);
    reply.writeUInt16LE(1, 14);
    reply.writeUInt16LE(1, 16);
    reply.writeUInt16LE(0, 18);
    reply.fill(0xab, 32);
    expect(readCursorImage(reply)).toEqual({
      width: 2,
      height: 1,
      hotX: 1,
      hotY: 0,
      pixels: new Uint8Array(8).fill(0xab),
    });
    reply.writeInt16LE(-1, 16);
    reply.writeInt16LE(700, 18);
    expect(readPointerPosition(reply)).toEqual({ x: -1, y: 700 });
  });
});
