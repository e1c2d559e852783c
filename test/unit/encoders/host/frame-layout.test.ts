import { describe, expect, it } from "vitest";
import {
  frameCaps,
  frameLayout,
} from "../../../../encoders/host/frame-layout.ts";
import { evenSize } from "../../../../encoders/host/geometry.ts";

describe("the layout of a frame", () => {
  // Strides and sizes as gst_video_info_set_format() gives them.
  it.each([
    ["I420", { width: 640, height: 360 }, [640, 320, 320], 345_600],
    ["I420", { width: 802, height: 600 }, [804, 404, 404], 724_800],
    ["NV12", { width: 802, height: 600 }, [804, 804], 723_600],
    ["BGRx", { width: 802, height: 600 }, [3_208], 1_924_800],
  ] as const)("%s of %o is GStreamer's", (format, size, strides, bytes) => {
    const layout = frameLayout(format, size);
    expect(layout.planes.map(({ stride }) => stride)).toEqual(strides);
    expect(layout.bytes).toBe(bytes);
  });

  it("says colours and a nominal frame rate in its caps", () => {
    const layout = frameLayout("I420", { width: 640, height: 360 });
    expect(frameCaps(layout, 60)).toBe(
      "video/x-raw,format=I420,width=640,height=360,framerate=60/1,pixel-aspect-ratio=1/1,interlace-mode=progressive,colorimetry=bt709,chroma-site=jpeg",
    );
  });

  it("never has an odd size", () => {
    expect(evenSize({ width: 801, height: 601 })).toEqual({
      width: 800,
      height: 600,
    });
  });
});
