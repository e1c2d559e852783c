/**
 * VA-API: the encoders of Intel and AMD, in the elements of the `va` plugin (GStreamer 1.20 and later) and of
 * gstreamer-vaapi, which 1.28 drops. Property names: GStreamer's documentation of `GstVaBaseEnc` and gstreamer-vaapi.
 */
import {
  need,
  noPeriodicKeyFrames,
  wholeVbvMs,
  wish,
  type EncoderCandidate,
} from "./candidate.ts";

const va = {
  family: "vaapi",
  path: "va",
  format: "NV12",
  rateControls: [
    {
      property: "bitrate",
      unitBps: 1_000,
      countsBy: "frames",
      // Since 1.22, and then it is flagged; before, a running element refuses (gstvah264enc.c). It is a
      // reconfiguration, which forgets all references (gstvabaseenc.c).
      whileRunning: "as-flagged",
      costsKeyFrame: true,
      vbv: { property: "cpb-size", unitBits: 1_000 },
    },
  ],
  properties: (options) => [
    need("rate-control", "cbr"),
    // The elements take at most 1,024 frames between key frames; those are 17 s at 60 a second.
    need("key-int-max", noPeriodicKeyFrames, ["key-int-max", 1_024]),
    wish("b-frames", 0),
    // VP9 and AV1 have this instead: 1 refers to no later frame, the default holds frames back to do so.
    wish("hierarchical-level", 1),
    wish("ref-frames", 1),
    wish("target-usage", 6),
    wish("num-slices", options.threads),
    wish("aud", false),
  ],
} as const satisfies Partial<EncoderCandidate>;

const vaapi = {
  family: "vaapi",
  path: "vaapi",
  format: "NV12",
  rateControls: [
    {
      property: "bitrate",
      unitBps: 1_000,
      countsBy: "frames",
      whileRunning: true,
    },
  ],
  properties: (options) => [
    need("rate-control", "cbr"),
    need("keyframe-period", noPeriodicKeyFrames),
    wish("max-bframes", 0),
    wish("refs", 1),
    wish("quality-level", 6),
    wish("num-slices", options.threads),
    wish("cpb-length", wholeVbvMs(options)),
    wish("aud", false),
  ],
} as const satisfies Partial<EncoderCandidate>;

/** Best first; `lp` elements use the low-power entry point, the only one that some chips have. */
export const vaapiCandidates: readonly EncoderCandidate[] = [
  { ...va, codec: "h264", element: "vah264enc" },
  { ...va, codec: "h264", element: "vah264lpenc" },
  { ...vaapi, codec: "h264", element: "vaapih264enc" },
  { ...va, codec: "vp9", element: "vavp9enc" },
  { ...va, codec: "vp9", element: "vavp9lpenc" },
  { ...va, codec: "h265", element: "vah265enc" },
  { ...va, codec: "h265", element: "vah265lpenc" },
  { ...vaapi, codec: "h265", element: "vaapih265enc" },
  { ...va, codec: "av1", element: "vaav1enc" },
  { ...vaapi, codec: "vp8", element: "vaapivp8enc" },
];
