import { describe, expect, it } from "vitest";
import {
  bitrates,
  parseOptions,
  wholeNumber,
  wholeNumbers,
} from "../../bench/command-line.ts";
import { parseEncodeOptions } from "../../bench/encode/options.ts";
import { parseSessionOptions } from "../../bench/session/options.ts";

const bounds = { min: 1, max: 16, default: 3 };

describe("option values", () => {
  it("are whole numbers within their bounds", () => {
    expect(wholeNumber("--n", undefined, bounds)).toBe(3);
    expect(wholeNumber("--n", "16", bounds)).toBe(16);
    for (const wrong of ["0", "17", "1.5", "-1", "", "x"]) {
      expect(() => wholeNumber("--n", wrong, bounds)).toThrow(
        `--n must be a whole number from 1 to 16, not "${wrong}"`,
      );
    }
  });

  it("are lists in rising order, each number once", () => {
    const many = { ...bounds, default: [1, 2] };
    expect(wholeNumbers("--n", undefined, many)).toEqual([1, 2]);
    expect(wholeNumbers("--n", "4,1,4,2", many)).toEqual([1, 2, 4]);
    expect(() => wholeNumbers("--n", "1,,2", many)).toThrow("--n must be");
  });

  it("are bit rates with a unit", () => {
    expect(bitrates("--b", undefined, [7])).toEqual([7]);
    expect(bitrates("--b", "8M,2.5M,800k,4000000,4M", [])).toEqual([
      800_000, 2_500_000, 4_000_000, 8_000_000,
    ]);
    for (const wrong of ["8G", "M", "1k", "201M", "1e6", " 4M", "-4M"]) {
      expect(() => bitrates("--b", wrong, [])).toThrow(`not "${wrong}"`);
    }
  });

  it("belong to options that are known", () => {
    const known = { values: ["size"], flags: ["json"] } as const;
    const { values, flags } = parseOptions(["--json", "--size", "1x1"], known);
    expect(values).toEqual({ size: "1x1" });
    expect([...flags]).toEqual(["json"]);
    expect(() => parseOptions(["--sise", "1"], known)).toThrow("--sise");
    expect(() => parseOptions(["more"], known)).toThrow("more");
  });
});

describe("options of the encode benchmark", () => {
  it("name encoders in the order given, each once", () => {
    const { encoders } = parseEncodeOptions([
      ...["--encoders", "vp8enc,x264enc,vp8enc"],
    ]);
    expect(encoders).toEqual(["vp8enc", "x264enc"]);
    expect(() => parseEncodeOptions(["--encoders", "mpeg2enc"])).toThrow(
      /--encoders knows .*x264enc.*, not "mpeg2enc"/,
    );
  });

  it("have the defaults that the help names", () => {
    expect(parseEncodeOptions([])).toEqual({
      encoders: ["x264enc", "openh264enc", "vp8enc", "vp9enc"],
      size: { width: 1280, height: 720 },
      frameRate: 60,
      bitratesBps: [2e6, 4e6, 8e6],
      viewers: [1],
      seconds: 2,
      runs: 3,
      growth: false,
      output: { json: false, markdown: false, update: false },
    });
  });
});

describe("options of the session benchmark", () => {
  it("choose a part and an output", () => {
    expect(parseSessionOptions(["--part", "idle"]).parts).toEqual(["idle"]);
    expect(parseSessionOptions([]).parts).toEqual(["idle", "viewers"]);
    expect(() => parseSessionOptions(["--json", "--markdown"])).toThrow(
      "exclude each other",
    );
  });
});
