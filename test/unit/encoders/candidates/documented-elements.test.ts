import { describe, expect, it } from "vitest";
import { encoderElements } from "../../../../encoders/candidates/encoder-candidates.ts";
import type { InstalledElement } from "../../../../encoders/candidates/installed-element.ts";
import {
  elementsNeeded,
  resolveEncoder,
} from "../../../../encoders/candidates/resolve.ts";
import { stageWords } from "../../../../encoders/pipeline.ts";
import type { VideoEncoder } from "../../../../encoders/video-encoding.ts";
import { candidate, elementWith } from "../../../fixtures/encoders.ts";
import {
  documentedElements,
  undocumentedElements,
  type DocumentedRelease,
} from "../../../fixtures/gstreamer-elements/documented-elements.ts";

/** Extremes of what the settings allow, and the usual. */
const everyOptions = [
  { frameRate: 60, bitrateBps: 8_000_000, threads: 2 },
  { frameRate: 1, bitrateBps: 1_000, threads: 1 },
  { frameRate: 144, bitrateBps: 100_000_000, threads: 4 },
];

/** The one that must be refused: without a realtime profile it is not for live pictures. */
const tooOld = new Set(["av1enc 1.20"]);

const cases = documentedElements.map(({ release, installed }) => ({
  label: `${installed.name} ${release}`,
  installed,
}));

describe("by GStreamer's documentation", () => {
  it.each(cases.filter(({ label }) => !tooOld.has(label)))(
    "$label takes every property and value it is given",
    async ({ installed }) => {
      const encoder = await resolved(installed);
      for (const options of everyOptions) {
        const { properties } = encoder.encoding(options).encoder;
        for (const [name, value] of Object.entries(properties ?? {})) {
          expect(fits(installed, name, value), `${name}=${value}`).toBe(true);
        }
      }
    },
  );

  it("av1enc of 1.20 is refused for what it lacks", async () => {
    await expect(
      resolved(documentedElement("av1enc", "1.20")),
    ).rejects.toMatchObject({
      code: "missing-element",
      message: "av1enc of GStreamer 1.20 does not take usage-profile=realtime",
    });
  });

  it("every candidate is documented, or listed as not", () => {
    const known = documentedElements.map(({ installed }) => installed.name);
    const softwareOfThisMachine = ["x264enc", "openh264enc", "x265enc"];
    expect(
      new Set([...known, ...undocumentedElements, ...softwareOfThisMachine]),
    ).toEqual(new Set(encoderElements));
  });
});

describe("the line of", () => {
  it.each([
    [
      "nvh264enc",
      "1.22",
      "nvh264enc preset=low-latency-hp rc-mode=cbr gop-size=-1 bframes=0 zerolatency=true rc-lookahead=0" +
        " aud=false bitrate=8000 vbv-buffer-size=200",
    ],
    [
      "nvcudah264enc",
      "1.24",
      "nvcudah264enc preset=p2 tune=ultra-low-latency rate-control=cbr gop-size=-1 b-frames=0" +
        " zero-reorder-delay=true rc-lookahead=0 repeat-sequence-header=true aud=false bitrate=8000 vbv-buffer-size=200",
    ],
    [
      "nvav1enc",
      "main",
      "nvav1enc preset=p2 tune=ultra-low-latency rc-mode=cbr gop-size=-1 bframes=0 zerolatency=true rc-lookahead=0" +
        " bitrate=8000 vbv-buffer-size=200",
    ],
    [
      "vah264enc",
      "1.20",
      "vah264enc rate-control=cbr key-int-max=1024 b-frames=0 ref-frames=1 target-usage=6 num-slices=2" +
        " aud=false bitrate=8000 cpb-size=200",
    ],
    [
      "vavp9enc",
      "1.24",
      "vavp9enc rate-control=cbr key-int-max=1024 hierarchical-level=1 ref-frames=1 target-usage=6" +
        " bitrate=8000 cpb-size=200",
    ],
    [
      "svtav1enc",
      "main",
      "svtav1enc preset=12 intra-period-length=120 max-bitrate=8000 maximum-buffer-size=25" +
        " parameters-string=pred-struct=1:rc=2 target-bitrate=8000",
    ],
  ] as const)("%s of %s is as written here", async (name, release, line) => {
    const encoder = await resolved(documentedElement(name, release));
    const encoding = encoder.encoding({
      frameRate: 60,
      bitrateBps: 8_000_000,
      threads: 2,
    });
    expect(stageWords([encoding.encoder]).join(" ")).toBe(line);
  });
});

describe("a change of the rate while it runs", () => {
  it.each([
    ["nvh264enc", "1.22", "obeyed", "vbv-buffer-size"],
    ["nvcudah264enc", "1.24", "obeyed", "vbv-buffer-size"],
    ["nvav1enc", "main", "obeyed", "vbv-buffer-size"],
    ["vah264enc", "1.20", "refused", "cpb-size"],
    ["vah264enc", "main", "obeyed with a key frame", "cpb-size"],
    ["vavp9enc", "1.24", "obeyed with a key frame", "cpb-size"],
    ["vp8enc", "1.22", "obeyed", undefined],
    ["vp9enc", "1.22", "obeyed", undefined],
    ["av1enc", "1.22", "obeyed", undefined],
    ["svtav1enc", "main", "refused", undefined],
  ] as const)("%s of %s: %s", async (name, release, expected, buffer) => {
    const installed = documentedElement(name, release);
    const encoder = await resolved(installed);
    const { rateControl } = encoder.encoding({
      frameRate: 60,
      bitrateBps: 8_000_000,
      threads: 2,
    });
    const { whileRunning, costsKeyFrame, vbv } = rateControl;
    const cost = costsKeyFrame ? " with a key frame" : "";
    expect(whileRunning ? `obeyed${cost}` : "refused").toBe(expected);
    expect(vbv?.property).toBe(buffer);
    if (vbv === undefined) return;
    expect(installed.properties.get(vbv.property)?.kind).toBe("number");
    expect(vbv).toMatchObject({ unitBits: 1_000, durationMs: 25 });
  });

  it("of elements that have no buffer to be told leaves it out", async () => {
    const installed = documentedElement("nvh264enc", "1.22");
    const properties = new Map(installed.properties);
    properties.delete("vbv-buffer-size");
    const encoder = await resolved({ ...installed, properties });
    const { rateControl } = encoder.encoding({
      frameRate: 60,
      bitrateBps: 8_000_000,
      threads: 2,
    });
    expect(rateControl).not.toHaveProperty("vbv");
  });
});

it("names the elements that a candidate needs", () => {
  expect(elementsNeeded(candidate("vah264enc"))).toEqual([
    "vah264enc",
    "rtph264pay",
  ]);
  expect(elementsNeeded(candidate("nvav1enc"))).toEqual([
    "nvav1enc",
    "av1parse",
    "rtpav1pay",
  ]);
});

function documentedElement(
  name: string,
  wanted: DocumentedRelease,
): InstalledElement {
  const found = documentedElements.find(
    ({ release, installed }) => release === wanted && installed.name === name,
  );
  if (found === undefined) throw new Error(`${name} ${wanted} is not there`);
  return found.installed;
}

function resolved(installed: InstalledElement): Promise<VideoEncoder> {
  return resolveEncoder(candidate(installed.name), {
    inspect: (name) =>
      Promise.resolve(
        name === installed.name ? installed : elementWith(name, []),
      ),
  });
}

/** Written anew, so that a fault of `takes` does not hide itself. */
function fits(
  installed: InstalledElement,
  name: string,
  value: string | number | boolean,
): boolean {
  const property = installed.properties.get(name);
  if (property === undefined) return false;
  if (property.range !== undefined) {
    const { min, max } = property.range;
    return typeof value === "number" && value >= min && value <= max;
  }
  if (property.choices !== undefined)
    return property.choices.includes(String(value));
  return property.kind === "boolean"
    ? typeof value === "boolean"
    : typeof value === "string";
}
