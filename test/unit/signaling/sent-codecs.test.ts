import { describe, expect, test } from "vitest";
import { sentCodecs } from "../../../signaling/webrtc/sent-codecs.ts";

const opus = { name: "opus", payloadType: 111, parameters: "minptime=10" };
const h264 = { name: "H264", payloadType: 102 };

describe("what a track sends", () => {
  test("is the codec with the companions that the viewer kept", () => {
    expect(
      sentCodecs([
        opus,
        { name: "red", payloadType: 63, parameters: "111/111" },
      ]),
    ).toEqual({
      payloadType: 111,
      rtx: undefined,
      red: 63,
      isSurround: false,
    });
    expect(
      sentCodecs([
        h264,
        { name: "rtx", payloadType: 103, parameters: "apt=102" },
      ]),
    ).toMatchObject({ payloadType: 102, rtx: 103, red: undefined });
  });

  test("is the codec, whatever stands before it", () => {
    expect(
      sentCodecs([
        { name: "RED", payloadType: 63, parameters: "111/111" },
        opus,
      ]),
    ).toMatchObject({ payloadType: 111, rtx: undefined, red: 63 });
  });

  test("is multistream Opus where the viewer took that, and without repetition", () => {
    const red = { name: "red", payloadType: 63, parameters: "111/111" };
    const multistream = { name: "MULTIOPUS", payloadType: 112 };
    expect(sentCodecs([opus, red, multistream])).toEqual({
      payloadType: 112,
      rtx: undefined,
      red: undefined,
      isSurround: true,
    });
  });

  test.each(["", "111", "111/0", "110/110", undefined])(
    "is not repeated with a line that does not name the codec twice: %j",
    (parameters) => {
      const red = { name: "red", payloadType: 63, parameters };
      expect(sentCodecs([opus, red])?.red).toBeUndefined();
    },
  );

  test("is not sent again as another codec's retransmission", () => {
    const rtx = { name: "rtx", payloadType: 97, parameters: "apt=96" };
    expect(sentCodecs([h264, rtx])?.rtx).toBeUndefined();
  });

  test("is nothing where only companions are left", () => {
    expect(
      sentCodecs([{ name: "rtx", payloadType: 103, parameters: "apt=102" }]),
    ).toBeUndefined();
    expect(sentCodecs([])).toBeUndefined();
  });
});
