import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  contentKinds,
  parseLatencyOptions,
  parseSize,
  sizeText,
  systemNames,
} from "../../bench/latency/options.ts";

describe("options of the latency benchmark", () => {
  it("runs every size, content and system where nothing is said", () => {
    expect(parseLatencyOptions([])).toEqual({
      sizes: [
        { width: 1280, height: 720 },
        { width: 1920, height: 1080 },
      ],
      contents: contentKinds,
      systems: systemNames,
      seconds: 10,
      output: { json: false, markdown: false, update: false },
    });
  });

  it("takes what it is told", () => {
    const args =
      "--size 800x600 --content busy --seconds 3 --json --systems x11vnc,streamspace,x11vnc";
    expect(parseLatencyOptions(args.split(" "))).toEqual({
      sizes: [{ width: 800, height: 600 }],
      contents: ["busy"],
      systems: ["streamspace", "x11vnc"],
      seconds: 3,
      output: { json: true, markdown: false, update: false },
    });
  });

  it.each([
    [
      "--size 1280",
      '--size must be two even numbers such as 1280x720, from 320x240 to 7680x4320, not "1280"',
    ],
    [
      "--size 1281x720",
      '--size must be two even numbers such as 1280x720, from 320x240 to 7680x4320, not "1281x720"',
    ],
    [
      "--size 318x240",
      '--size must be two even numbers such as 1280x720, from 320x240 to 7680x4320, not "318x240"',
    ],
    [
      "--content quiet",
      '--content knows still, busy, video, video60, not "quiet"',
    ],
    ["--seconds 0", '--seconds must be a whole number from 1 to 600, not "0"'],
    [
      "--seconds 1e2",
      '--seconds must be a whole number from 1 to 600, not "1e2"',
    ],
    [
      "--systems x11vnc,rdp",
      '--systems knows streamspace, x0tigervnc, x11vnc, not "rdp"',
    ],
    ["--fast", "Unknown option '--fast'"],
    ["still", "Unexpected argument 'still'"],
  ])("refuses %s in one sentence", (args, message) => {
    expect(() => parseLatencyOptions(args.split(" "))).toThrow(
      expect.objectContaining({ code: "config", message }),
    );
  });

  it("reads every size that it writes", () => {
    const side = fc.integer({ min: 160, max: 2_160 }).map((half) => half * 2);
    fc.assert(
      fc.property(side, side, (width, height) => {
        expect(parseSize(sizeText({ width, height }))).toEqual({
          width,
          height,
        });
      }),
    );
  });
});
