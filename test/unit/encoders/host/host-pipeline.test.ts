import { describe, expect, it } from "vitest";
import {
  encoderProperties,
  hostPipeline,
} from "../../../../encoders/host/host-pipeline.ts";

describe("the launch description of a host", () => {
  const pipeline = hostPipeline({
    name: "video-test",
    clockRate: 90_000,
    pixelFormat: "NV12",
    matrix: "bt709",
    rateControl: {
      property: "bitrate",
      unitBps: 1_000,
      countsBy: "frames",
      whileRunning: true,
      costsKeyFrame: false,
    },
    upload: [{ name: "vapostproc" }],
    encoder: { name: "vah264enc", properties: { bitrate: 4_000 } },
    between: [{ name: "video/x-h264,profile=constrained-baseline" }],
    payloader: { name: "rtph264pay", properties: { pt: 96 } },
  });

  it("is one that gst-launch-1.0 understands, word for word", () => {
    expect(pipeline.args.join(" ")).toBe(
      [
        "rtpbin name=rtp rtp-profile=avpf ntp-time-source=ntp rtcp-sync-send-time=false",
        "appsrc name=source format=time is-live=true max-buffers=2 leaky-type=downstream",
        "! vapostproc",
        "! vah264enc name=encoder bitrate=4000",
        "! video/x-h264,profile=constrained-baseline",
        "! tee name=encoded ! rtph264pay pt=96 ! rtp.send_rtp_sink_0",
        "rtp.send_rtp_src_0 ! rtpstreampay ! out.",
        "rtp.send_rtcp_src_0 ! rtpstreampay ! out.",
        "funnel name=out ! fdsink fd=3 sync=false async=false",
        "fdsrc fd=4 ! application/x-rtcp-stream ! rtpstreamdepay ! rtp.recv_rtcp_sink_0",
        "encoded. ! appsink name=meter sync=false async=false max-buffers=4 drop=true enable-last-sample=false",
      ].join(" "),
    );
  });

  it("names every element it needs", () => {
    expect(pipeline.elements).toEqual([
      "appsrc",
      "vapostproc",
      "vah264enc",
      "tee",
      "rtph264pay",
      "appsink",
      "rtpbin",
      "rtpstreampay",
      "rtpstreamdepay",
      "funnel",
      "fdsink",
      "fdsrc",
    ]);
  });
});

describe("the rate an encoder is told", () => {
  it.each([
    ["frames", 1_000, 4_000_000, 60, 4_000],
    ["frames", 1_000, 4_000_000, 30, 8_000],
    ["frames", 1, 4_000_000, 120, 2_000_000],
    ["timestamps", 1, 4_000_000, 30, 4_000_000],
    ["timestamps", 1_000, 4_000_000, 30, 4_000],
    ["frames", 1_000_000, 10_000, 60, 1],
  ] as const)(
    "counting by %s, in units of %d bit/s, for %d bit/s at %d Hz, is %d",
    (countsBy, unitBps, targetBps, frameRate, expected) => {
      const control = { ...always, property: "bitrate", unitBps, countsBy };
      expect(encoderProperties(control, { targetBps, frameRate })).toEqual({
        bitrate: expected,
      });
    },
  );

  it.each([
    // 25 ms of 4 Mbit/s are 100 kbit; at half the frame rate a frame may be twice as large.
    ["frames", 4_000_000, 60, { bitrate: 4_000, "cpb-size": 100 }],
    ["frames", 4_000_000, 30, { bitrate: 8_000, "cpb-size": 200 }],
    ["frames", 1_000_000, 60, { bitrate: 1_000, "cpb-size": 25 }],
    ["timestamps", 4_000_000, 30, { bitrate: 4_000, "cpb-size": 100 }],
    ["frames", 10_000, 144, { bitrate: 4, "cpb-size": 1 }],
  ] as const)(
    "takes its buffer along: counting by %s, for %d bit/s at %d Hz",
    (countsBy, targetBps, frameRate, expected) => {
      const vbv = { property: "cpb-size", unitBits: 1_000, durationMs: 25 };
      const control = {
        ...always,
        property: "bitrate",
        unitBps: 1_000,
        countsBy,
        vbv,
      };
      expect(encoderProperties(control, { targetBps, frameRate })).toEqual(
        expected,
      );
    },
  );
});

const always = { whileRunning: true, costsKeyFrame: false };
