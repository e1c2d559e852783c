/**
 * Detectors of key frames on what the installed encoders and payloaders make: every third frame is one.
 */
import { describe, expect, it } from "vitest";
import {
  startsH264KeyFrame,
  startsH265KeyFrame,
  startsVp8KeyFrame,
  startsVp9KeyFrame,
} from "../../../encoders/key-frames.ts";
import { recordRtp, recordedRate } from "../../fixtures/recorded-rtp.ts";

const frames = 9;
const keyFrameEvery = 3;
const ticksPerFrame = 90_000 / recordedRate;

const rtp = ["mtu=1160", "pt=96"];
const nalUnits = [...rtp, "config-interval=-1"];
const vpx = ["deadline=1", "lag-in-frames=0", "keyframe-max-dist=3"];
const x265 = [
  ...["x265enc", "speed-preset=ultrafast", "tune=zerolatency"],
  // Its own key-int-max makes pictures that are no point to begin at.
  "option-string=keyint=3:min-keyint=3:open-gop=0",
];
const h265 = "video/x-h265,profile=main,stream-format=byte-stream";

const recordings = [
  {
    what: "H.264",
    detector: startsH264KeyFrame,
    stages: [
      ["x264enc", "speed-preset=ultrafast", "tune=zerolatency"].concat(
        "key-int-max=3",
      ),
      ["rtph264pay", ...nalUnits, "aggregate-mode=zero-latency"],
    ],
  },
  {
    what: "VP8",
    detector: startsVp8KeyFrame,
    stages: [
      ["vp8enc", ...vpx],
      ["rtpvp8pay", ...rtp, "picture-id-mode=15-bit"],
    ],
  },
  {
    what: "VP9 with picture ID",
    detector: startsVp9KeyFrame,
    stages: [
      ["vp9enc", ...vpx, "cpu-used=8"],
      ["rtpvp9pay", ...rtp, "picture-id-mode=15-bit"],
    ],
  },
  {
    what: "VP9 without picture ID, in small packets",
    detector: startsVp9KeyFrame,
    stages: [
      ["vp9enc", ...vpx, "cpu-used=8"],
      ["rtpvp9pay", "mtu=200", "pt=96"],
    ],
  },
  {
    what: "H.265, aggregated",
    detector: startsH265KeyFrame,
    stages: [
      x265,
      [h265],
      ["rtph265pay", ...nalUnits, "aggregate-mode=zero-latency"],
    ],
  },
  {
    what: "H.265, unit by unit",
    detector: startsH265KeyFrame,
    stages: [x265, [h265], ["rtph265pay", ...nalUnits, "aggregate-mode=none"]],
  },
];

describe.each(recordings)("packets of $what", ({ detector, stages }) => {
  it("start a key frame with the first packet of every third frame", async () => {
    const packets = await recordRtp({ frames, stages });
    const frameOf = (packet: Buffer): number =>
      Math.round(
        (packet.readUInt32BE(4) - (packets[0]?.readUInt32BE(4) ?? 0)) /
          ticksPerFrame,
      );
    const byFrame = Map.groupBy(packets, frameOf);
    expect([...byFrame.keys()]).toEqual(
      Array.from({ length: frames }, (_, frame) => frame),
    );
    const first = [...byFrame].filter(
      ([, [packet]]) => packet !== undefined && detector(packet),
    );
    const any = [...byFrame].filter(([, some]) => some.some(detector));
    const wanted = [0, keyFrameEvery, 2 * keyFrameEvery];
    expect(first.map(([frame]) => frame)).toEqual(wanted);
    expect(any.map(([frame]) => frame)).toEqual(wanted);
  });
});
