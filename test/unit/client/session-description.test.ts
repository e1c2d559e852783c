import { describe, expect, it } from "vitest";
import {
  rejectsVideo,
  withStereoOpus,
} from "../../../client/src/session-description.ts";

const answer = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "m=video 9 UDP/TLS/RTP/SAVPF 102 103",
  "a=rtpmap:102 H264/90000",
  "a=fmtp:102 packetization-mode=1",
  "",
].join("\r\n");

describe("the answer", () => {
  it("asks for stereo sound and leaves everything else alone", () => {
    expect(withStereoOpus(answer)).toBe(
      answer.replace("useinbandfec=1", "useinbandfec=1;stereo=1"),
    );
  });

  it("asks once", () => {
    const once = withStereoOpus(answer);
    expect(withStereoOpus(once)).toBe(once);
  });

  it("is not taken for asking by a mention of the sender's stereo", () => {
    const sender = answer.replace("useinbandfec=1", "sprop-stereo=1");
    expect(withStereoOpus(sender)).toContain("sprop-stereo=1;stereo=1");
  });

  it("stays as it is without Opus", () => {
    const silent = answer.replace("opus/48000/2", "PCMU/8000");
    expect(withStereoOpus(silent)).toBe(silent);
  });

  it("rejects the video by port 0 only", () => {
    expect(rejectsVideo(answer)).toBe(false);
    expect(rejectsVideo(answer.replace("m=audio 9", "m=audio 0"))).toBe(false);
    expect(rejectsVideo(answer.replace("m=video 9", "m=video 0"))).toBe(true);
  });
});
