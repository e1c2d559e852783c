/**
 * How frames get from BGRx in system memory to what an encoder takes: by the processor, or by the card that
 * encodes them, which spares the processor the conversion.
 */
import type { Stage } from "../pipeline.ts";
import type { VideoEncoding } from "../video-encoding.ts";
import type { ConversionPath, EncoderCandidate } from "./candidate.ts";
import type { Inspector } from "./resolve.ts";

type Conversion = Pick<VideoEncoding, "conversion" | "pixelFormat" | "upload">;

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
 * BT.709, limited range, written into the bitstream; but VP8 cannot say which matrix it has, and BT.601 is what
 * its specification names (RFC 6386, section 9.2).
 */
function rawCaps(
  { format, codec }: EncoderCandidate,
  feature: string | undefined,
): Stage {
  const memory = feature === undefined ? "" : `(memory:${feature})`;
  const colorimetry = codec === "vp8" ? "" : ",colorimetry=bt709";
  return { name: `video/x-raw${memory},format=${format}${colorimetry}` };
}

function bySystem(candidate: EncoderCandidate): Conversion {
  return {
    conversion: [{ name: "videoconvert" }, rawCaps(candidate, undefined)],
    pixelFormat: candidate.format,
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
  return { conversion: stages, pixelFormat: "BGRx", upload: stages };
}
