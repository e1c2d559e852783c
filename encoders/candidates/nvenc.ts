/**
 * NVIDIA's encoder, in the elements that GStreamer's nvcodec plugin has had for it.
 *
 * `nvcuda…enc` (1.22) speaks the API of today's drivers; `nv…enc` is the older element of the same hardware, which
 * from 1.26 on is the newer one under the old name; `nvautogpu…enc` chooses among several cards. Elements exist
 * on hosts whose driver then refuses them, so only a proof tells. Property names: GStreamer's documentation of
 * `GstNvBaseEnc` and `GstNvEncoder`.
 */
import {
  need,
  wish,
  type EncoderCandidate,
  type WantedProperty,
} from "./candidate.ts";

const common = {
  family: "nvenc",
  path: "cuda",
  format: "NV12",
  rateControls: [
    {
      property: "bitrate",
      unitBps: 1_000,
      countsBy: "frames",
      // Each change schedules a reconfiguration (gstnvbaseenc.c, gstnvencoder.cpp), of the buffer too.
      whileRunning: true,
      vbv: { property: "vbv-buffer-size", unitBits: 1_000 },
    },
  ],
} as const;

/**
 * Ultra low latency, CBR, no B-frames, no reordering, key frames on demand, a VBV of one and a half frames. Drivers from
 * 580 on know only the presets P1 to P7; elements before 1.24 know only the ones named after latency.
 */
function properties(): WantedProperty[] {
  return [
    need(
      "preset",
      "p2",
      ["preset", "low-latency-hp"],
      ["preset", "low-latency"],
    ),
    wish("tune", "ultra-low-latency", ["tune", "low-latency"]),
    need("rc-mode", "cbr", ["rate-control", "cbr"], ["rc-mode", "cbr-ld-hq"]),
    need("gop-size", -1),
    wish("b-frames", 0, ["bframes", 0]),
    wish("zero-reorder-delay", true, ["zerolatency", true]),
    wish("rc-lookahead", 0),
    wish("repeat-sequence-header", true),
    wish("aud", false),
  ];
}

function nvenc(
  codec: EncoderCandidate["codec"],
  element: string,
): EncoderCandidate {
  return { ...common, codec, element, properties };
}

/** Best first. AV1 has no `nvcuda` element: the CUDA one is called `nvav1enc` (gstnvav1encoder.cpp). */
export const nvencCandidates: readonly EncoderCandidate[] = [
  nvenc("h264", "nvcudah264enc"),
  nvenc("h264", "nvh264enc"),
  nvenc("h264", "nvautogpuh264enc"),
  nvenc("h265", "nvcudah265enc"),
  nvenc("h265", "nvh265enc"),
  nvenc("h265", "nvautogpuh265enc"),
  nvenc("av1", "nvav1enc"),
  nvenc("av1", "nvautogpuav1enc"),
];
