/**
 * How frames get from BGRx in system memory to what an encoder takes: by the processor, or by the card that
 * encodes them, which spares the processor the conversion.
 */
import type { Stage } from "../pipeline.ts";
import type { ColourMatrix, VideoEncoding } from "../video-encoding.ts";
import type { ConversionPath, EncoderCandidate } from "./candidate.ts";
import type { Inspector } from "./resolve.ts";

type Conversion = Pick<
  VideoEncoding,
  "conversion" | "pixelFormat" | "matrix" | "upload"
>;

/** The conversion for a candidate, with the elements that are installed. */
export const conversions: Readonly<
  Record<
    ConversionPath,
    (candidate: EncoderCandidate, inspector: Inspector) => Promise<Conversion>
  >
> = {
  system: (candidate) => Promise.resolve(bySystem(candidate)),
  cuda: (candidate, inspector) =>
    byCard(
      candidate,
      [{ name: "cudaupload" }, { name: "cudaconvert" }],
      "CUDAMemory",
      inspector,
    ),
  va: (candidate, inspector) =>
    byCard(candidate, [{ name: "vapostproc" }], "VAMemory", inspector),
  // gstreamer-vaapi negotiates its own surfaces behind the plain caps.
  vaapi: (candidate) => Promise.resolve(bySystem(candidate)),
};

/**
 * BT.709, which the bitstream names; but VP8 cannot say which matrix it has, and BT.601 is what its specification names
 * (RFC 6386, section 9.2). Firefox takes it for that at every size; Chromium is told by a header extension, because it
 * would go by the number of lines.
 */
function matrixOf({ codec }: EncoderCandidate): ColourMatrix {
  return codec === "vp8" ? "bt601" : "bt709";
}

function rawCaps(
  candidate: EncoderCandidate,
  feature: string | undefined,
): Stage {
  const memory = feature === undefined ? "" : `(memory:${feature})`;
  return {
    name: `video/x-raw${memory},format=${candidate.format},colorimetry=${matrixOf(candidate)}`,
  };
}

function bySystem(candidate: EncoderCandidate): Conversion {
  return {
    conversion: [{ name: "videoconvert" }, rawCaps(candidate, undefined)],
    pixelFormat: candidate.format,
    matrix: matrixOf(candidate),
    upload: [],
  };
}

async function byCard(
  candidate: EncoderCandidate,
  elements: readonly Stage[],
  feature: string,
  inspector: Inspector,
): Promise<Conversion> {
  for (const { name } of elements) {
    if ((await inspector.inspect(name)) === undefined) {
      return bySystem(candidate);
    }
  }
  const stages = [...elements, rawCaps(candidate, feature)];
  return {
    conversion: stages,
    pixelFormat: "BGRx",
    matrix: matrixOf(candidate),
    upload: stages,
  };
}
