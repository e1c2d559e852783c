/**
 * The software encoders of this machine, asked and run: GStreamer takes what the candidates pass to it.
 */
import { describe, expect, it } from "vitest";
import { runToEnd } from "../../../agent/base/child-process.ts";
import { ElementInspector } from "../../../encoders/candidates/installed-element.ts";
import { resolveEncoder } from "../../../encoders/candidates/resolve.ts";
import { stageWords, type Stage } from "../../../encoders/pipeline.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import {
  candidate,
  elementWith,
  installedEncoder,
} from "../../fixtures/encoders.ts";

const options = { frameRate: 30, bitrateBps: 2_000_000, threads: 1 };
/** libaom aborts after the tenth, where it has no room for its quantizer. */
const frames = 40;
const timeoutMs = 60_000;

describe("gst-inspect-1.0 of this machine", () => {
  const inspector = new ElementInspector();

  it("tells version, file, ranges and words of an element", async () => {
    const element = await inspector.inspect("x264enc");
    expect(element?.version).toMatch(/^1\.\d+\.\d+/);
    expect(element?.file).toMatch(/libgstx264\.so$/);
    expect(element?.properties.get("bitrate")).toEqual({
      kind: "number",
      isWritable: true,
      isLive: true,
      range: { min: 1, max: 2_048_000 },
    });
    expect(element?.properties.get("speed-preset")?.choices).toContain(
      "ultrafast",
    );
  });

  it("has no answer for an element that is not installed", async () => {
    expect(await inspector.inspect("nosuchelement")).toBeUndefined();
  });
});

describe("gst-launch-1.0 takes the line of", () => {
  it.each(["x264enc", "openh264enc", "vp8enc", "vp9enc", "x265enc"])(
    "%s",
    { timeout: timeoutMs },
    async (element) => {
      const encoder = await installedEncoder(element);
      const { between, payloader } = encoder.encoding(options);
      expect(await encodedFrames(encoder, [...between, payloader])).toBe(
        frames,
      );
    },
  );

  it("av1enc, without its payloader", { timeout: timeoutMs }, async () => {
    const inspector = new ElementInspector();
    const encoder = await resolveEncoder(candidate("av1enc"), {
      inspect: (name) =>
        name === "rtpav1pay"
          ? Promise.resolve(elementWith(name, []))
          : inspector.inspect(name),
    });
    expect(
      await encodedFrames(encoder, encoder.encoding(options).between),
    ).toBe(frames);
  });
});

/** Frames that came out of the encoder; the program must have ended well. */
async function encodedFrames(
  encoder: VideoEncoder,
  after: readonly Stage[],
): Promise<number> {
  const { conversion, encoder: stage } = encoder.encoding(options);
  const stages: Stage[] = [
    { name: "videotestsrc", properties: { "num-buffers": frames } },
    { name: "video/x-raw,format=BGRx,width=320,height=240,framerate=30/1" },
    ...conversion,
    stage,
    { name: "identity", properties: { name: "frames", silent: false } },
    ...after,
    { name: "fakesink" },
  ];
  const { exitCode, stdout, stderrLines } = await runToEnd({
    file: "gst-launch-1.0",
    args: ["-v", ...stageWords(stages)],
    env: { ...process.env, LC_ALL: "C" },
    timeoutMs,
  });
  expect(exitCode, stderrLines.join("\n")).toBe(0);
  return stdout.match(/last-message = chain .*\(frames:sink\)/g)?.length ?? 0;
}
