import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encoderCandidates } from "../../../../encoders/candidates/encoder-candidates.ts";
import {
  parseElement,
  takes,
  type InstalledElement,
} from "../../../../encoders/candidates/installed-element.ts";
import { resolveEncoder } from "../../../../encoders/candidates/resolve.ts";
import {
  candidate,
  elementWith,
  idealEncoder,
  idealProperties,
} from "../../../fixtures/encoders.ts";

const options = { frameRate: 60, bitrateBps: 8_000_000, threads: 2 };

/** As gst-inspect-1.0 of 1.22 prints it, cut down. */
const inspected = `Factory Details:
  Rank                     primary (256)

Plugin Details:
  Name                     x264
  Filename                 /lib/gstreamer-1.0/libgstx264.so
  Version                  1.22.0

Element Properties:
  analyse             : Partitions to consider
                        flags: readable, writable
                        Flags "GstX264EncAnalyse" Default: 0x00000000, "(none)"
                           (0x00000001): i4x4             - i4x4
                           (0x00000010): p8x8             - p8x8

  bitrate             : Bitrate in kbit/sec
                        flags: readable, writable, changeable in NULL, READY, PAUSED or PLAYING state
                        Unsigned Integer. Range: 1 - 2048000 Default: 2048 

  cabac               : Enable CABAC entropy coding
                        flags: readable, writable
                        Boolean. Default: true

  name                : The name of the object
                        flags: readable, writable
                        String. Default: "x264enc0"
  pass                : Encoding pass/type
                        flags: readable
                        Enum "GstX264EncPass" Default: 0, "cbr"
                           (0): cbr              - Constant Bitrate Encoding
  qp                  : Quantizer
                        flags: readable, writable
                        Integer. Range: -2147483648 - 2147483647 Default: 0 

Element Signals:
  "pad-added" :  void user_function (GstElement * object)
`;

describe("what gst-inspect-1.0 prints", () => {
  const element = parseElement("x264enc", inspected);

  it("is read with version, file and properties", () => {
    expect(element.version).toBe("1.22.0");
    expect(element.file).toBe("/lib/gstreamer-1.0/libgstx264.so");
    expect([...element.properties.keys()]).toEqual([
      "analyse",
      "bitrate",
      "cabac",
      "name",
      "pass",
      "qp",
    ]);
  });

  it.each([
    ["analyse", "p8x8", true],
    ["analyse", "p4x4", false],
    ["bitrate", 1, true],
    ["bitrate", 2_048_001, false],
    ["bitrate", "8000", false],
    ["cabac", false, true],
    ["cabac", 0, false],
    ["name", "x", true],
    ["pass", "cbr", false],
    ["qp", -2_147_483_648, true],
    ["nothing", 1, false],
  ] as const)("%s takes %s: %s", (name, value, expected) => {
    expect(takes(element, name, value)).toBe(expected);
  });

  it("says of each property whether GStreamer flags it as changeable while it runs", () => {
    expect(element.properties.get("bitrate")?.isLive).toBe(true);
    expect(element.properties.get("qp")?.isLive).toBe(false);
  });

  it("is refused where it is something else", () => {
    expect(() => parseElement("x", "No such element")).toThrow(
      "not understood",
    );
  });
});

describe("a candidate", () => {
  it.each(encoderCandidates.map(({ element }) => element))(
    "%s resolves where everything it asks for exists",
    async (element) => {
      const encoder = await idealEncoder(element);
      const encoding = encoder.encoding(options);
      const { property, unitBps } = encoding.rateControl;
      const [control] = candidate(element).rateControls;
      expect(encoding.encoder.name).toBe(element);
      expect(encoding.encoder.properties).toHaveProperty(
        property,
        Math.round(8_000_000 / unitBps / (control?.yield ?? 1)),
      );
      expect(encoding.conversion.at(-1)?.name).toMatch(/^video\/x-raw/);
    },
  );

  it("that is not installed says so", async () => {
    const resolved = resolveEncoder(candidate("nvh264enc"), {
      inspect: () => Promise.resolve(undefined),
    });
    await expect(resolved).rejects.toMatchObject({
      code: "missing-element",
      message: "GStreamer has no element nvh264enc here",
    });
  });

  it("takes the names that an older element has for the same", async () => {
    const wanted = candidate("nvh264enc");
    const older = elementWith("nvh264enc", [
      ["preset", words("default", "low-latency-hq", "low-latency-hp")],
      ["rc-mode", words("constqp", "cbr")],
      ["gop-size", numbers(-1, 2_147_483_647)],
      ["bframes", numbers(0, 4)],
      ["zerolatency", { kind: "boolean", isWritable: true }],
      ["bitrate", numbers(0, 2_048_000)],
    ]);
    const encoder = await resolveEncoder(wanted, only(older));
    expect(encoder.encoding(options).encoder.properties).toEqual({
      preset: "low-latency-hp",
      "rc-mode": "cbr",
      "gop-size": -1,
      bframes: 0,
      zerolatency: true,
      bitrate: 8_000,
    });
  });

  it("goes to the limit of a number where the element has a lower one", async () => {
    const wanted = candidate("vah264enc");
    const element = elementWith("vah264enc", [
      ["rate-control", words("cbr", "cqp")],
      ["key-int-max", numbers(0, 1_024)],
      ["bitrate", numbers(0, 2_048_000)],
    ]);
    const encoder = await resolveEncoder(wanted, only(element));
    expect(encoder.encoding(options).encoder.properties).toEqual({
      "rate-control": "cbr",
      "key-int-max": 1_024,
      bitrate: 8_000,
    });
  });

  it("converts on the card where its elements are there, else by the processor", async () => {
    const withCuda = (await idealEncoder("nvh264enc")).encoding(options);
    expect(withCuda.pixelFormat).toBe("BGRx");
    expect(withCuda.upload.map(({ name }) => name)).toEqual([
      "cudaupload",
      "cudaconvert",
      "video/x-raw(memory:CUDAMemory),format=NV12,colorimetry=bt709",
    ]);
    const wanted = candidate("nvh264enc");
    const without = await resolveEncoder(wanted, {
      inspect: (name) =>
        Promise.resolve(
          name.startsWith("cuda")
            ? undefined
            : elementWith(name, idealProperties(wanted)),
        ),
    });
    expect(without.encoding(options)).toMatchObject({
      pixelFormat: "NV12",
      upload: [],
    });
  });

  it("is never given a property that its element lacks", async () => {
    const installed = fc.constantFrom(...encoderCandidates).chain((wanted) =>
      fc.record({
        wanted: fc.constant(wanted),
        kept: fc.subarray(idealProperties(wanted)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(installed, async ({ wanted, kept }) => {
        const element = elementWith(wanted.element, kept);
        const passed = await resolveEncoder(wanted, only(element)).then(
          (encoder) =>
            Object.keys(encoder.encoding(options).encoder.properties ?? {}),
          () => [],
        );
        const names = new Set(kept.map(([name]) => name));
        expect(passed.filter((name) => !names.has(name))).toEqual([]);
      }),
    );
  });
});

function words(...choices: string[]) {
  return { kind: "choice", isWritable: true, choices } as const;
}

function numbers(min: number, max: number) {
  return { kind: "number", isWritable: true, range: { min, max } } as const;
}

/** `element` is as given; every other one is there. */
function only(element: InstalledElement) {
  return {
    inspect: (name: string) =>
      Promise.resolve(name === element.name ? element : elementWith(name, [])),
  };
}
