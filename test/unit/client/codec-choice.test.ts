import { describe, expect, it } from "vitest";
import { chooseCodecs } from "../../../client/src/codec-choice.ts";

const baseline = {
  mimeType: "video/H264",
  sdpFmtpLine:
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
};
const singleUnit = {
  mimeType: "video/H264",
  sdpFmtpLine:
    "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f",
};
const high = {
  mimeType: "video/H264",
  sdpFmtpLine: "packetization-mode=1;profile-level-id=640c1f",
};
const vp8 = { mimeType: "video/VP8" };
const others = [
  { mimeType: "video/rtx" },
  { mimeType: "video/AV1" },
  { mimeType: "video/VP9", sdpFmtpLine: "profile-id=0" },
];

describe("the codecs that are offered", () => {
  it("are in the agent's order, whatever the browser's", () => {
    const capabilities = [vp8, ...others, singleUnit, baseline];
    expect(chooseCodecs({ capabilities })).toEqual([
      "h264",
      "vp8",
      "vp9",
      "av1",
    ]);
  });

  it("have VP9 only in profile 0", () => {
    const profile2 = { mimeType: "video/VP9", sdpFmtpLine: "profile-id=2" };
    expect(chooseCodecs({ capabilities: [vp8, profile2] })).toEqual(["vp8"]);
    expect(chooseCodecs({ capabilities: [{ mimeType: "video/vp9" }] })).toEqual(
      ["vp9"],
    );
  });

  it("leave out H.264 without baseline in packetization mode 1", () => {
    const capabilities = [vp8, high, singleUnit];
    expect(chooseCodecs({ capabilities })).toEqual(["vp8"]);
  });

  it("are none without WebRTC", () => {
    expect(chooseCodecs({ capabilities: [] })).toEqual([]);
  });

  it("are the one that the address names, if the browser has it", () => {
    const capabilities = [baseline, vp8];
    expect(chooseCodecs({ capabilities, forced: "vp8" })).toEqual(["vp8"]);
    expect(chooseCodecs({ capabilities: [vp8], forced: "h264" })).toEqual([]);
  });

  it("are not changed by a name that the address got wrong", () => {
    const capabilities = [baseline, vp8];
    expect(chooseCodecs({ capabilities, forced: "mpeg2" })).toEqual([
      "h264",
      "vp8",
    ]);
  });

  it("leave out what the browser refused when it came to it", () => {
    const capabilities = [baseline, vp8];
    const refused = new Set(["h264"] as const);
    expect(chooseCodecs({ capabilities, refused })).toEqual(["vp8"]);
  });
});
