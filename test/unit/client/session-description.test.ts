import { describe, expect, it } from "vitest";
import {
  hasSurround,
  rejectsVideo,
  withStereoOpus,
  withSurround,
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

describe("sound in more channels", () => {
  const multistream = [
    "a=rtpmap:112 multiopus/48000/6",
    "a=fmtp:112 channel_mapping=0,1,4,5,2,3;coupled_streams=2;num_streams=4",
  ];
  const offer = [
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 112",
    "a=rtpmap:111 opus/48000/2",
    ...multistream,
    "m=video 9 UDP/TLS/RTP/SAVPF 102",
    "a=rtpmap:102 H264/90000",
    "",
  ].join("\r\n");

  it("is put in front of the answer as the offer has it", () => {
    expect(withSurround(answer, offer)).toBe(
      answer
        .replace("SAVPF 111", "SAVPF 112 111")
        .replace("a=rtpmap:111", `${multistream.join("\r\n")}\r\na=rtpmap:111`),
    );
  });

  it("leaves the lines together that begin a section (RFC 8866, section 5)", () => {
    const connection = "c=IN IP4 0.0.0.0\r\nb=AS:64\r\n";
    const usual = answer.replace("a=rtpmap:111", `${connection}a=rtpmap:111`);
    expect(withSurround(usual, offer)).toContain(
      `SAVPF 112 111\r\n${connection}${multistream.join("\r\n")}\r\na=rtpmap:111`,
    );
  });

  it("is not asked for where it is not offered", () => {
    expect(withSurround(answer, answer)).toBeUndefined();
  });

  it("is not asked for where the sound is rejected, or there is none", () => {
    const rejected = answer.replace("m=audio 9", "m=audio 0");
    expect(withSurround(rejected, offer)).toBeUndefined();
    const silent = answer.replace(/^m=audio[^]*(?=m=video)/m, "");
    expect(withSurround(silent, offer)).toBeUndefined();
  });

  it("keeps the wish for stereo, which is what an agent falls back to", () => {
    expect(withSurround(withStereoOpus(answer), offer)).toContain(
      "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1",
    );
  });

  it("is known by its name among a receiver's codecs", () => {
    expect(hasSurround([{ mimeType: "audio/opus" }])).toBe(false);
    expect(
      hasSurround([
        { mimeType: "audio/opus" },
        { mimeType: "audio/MULTIOPUS" },
      ]),
    ).toBe(true);
  });
});
