/**
 * The options of the encode benchmark.
 */
import { encoderElements } from "../../../encoders/candidates/encoder-candidates.ts";
import {
  bitrates,
  outputFlags,
  outputOf,
  parseOptions,
  wholeNumber,
  wholeNumbers,
} from "../command-line.ts";
import {
  oneOf,
  parseSize,
  sizeText,
  type ScreenSize,
} from "../latency/options.ts";
import type { Output } from "../publish.ts";

export interface EncodeOptions {
  /** GStreamer elements; ratios are to the first one. */
  encoders: readonly string[];
  size: ScreenSize;
  frameRate: number;
  bitratesBps: readonly number[];
  viewers: readonly number[];
  /** How long one run takes; what is printed is the median of {@link runs} runs. */
  seconds: number;
  runs: number;
  /** How the figures grow with resolution, frame rate and viewers, instead of the tables by encoder. */
  growth: boolean;
  output: Output;
}

const defaults = {
  encoders: ["x264enc", "openh264enc", "vp8enc", "vp9enc"],
  size: { width: 1280, height: 720 },
  frameRate: { min: 1, max: 144, default: 60 },
  bitratesBps: [2_000_000, 4_000_000, 8_000_000],
  viewers: { min: 1, max: 16, default: [1] },
  seconds: { min: 1, max: 60, default: 2 },
  runs: { min: 1, max: 99, default: 3 },
} as const;

/** Sizes and frame rates of the growth tables. */
export const growthSizes: readonly ScreenSize[] = [
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
];
export const growthFrameRates: readonly number[] = [15, 30, 60];
export const growthViewers: readonly number[] = [1, 2, 4];

export const encodeUsage = `Usage: npm run bench -- encode [options]

  --encoders A,B,…    GStreamer elements, ${defaults.encoders.join(",")} where absent; ratios are to the first
  --size WxH          size of the screen, ${sizeText(defaults.size)} where absent
  --fps N             frames in a second at most, ${defaults.frameRate.default} where absent
  --bitrates A,B,…    targets, 2M,4M,8M where absent
  --viewers A,B,…     numbers of viewers, ${defaults.viewers.default.join(",")} where absent
  --seconds N         how long one run takes, ${defaults.seconds.default} where absent
  --runs N            runs whose median is printed, ${defaults.runs.default} where absent
  --growth            how the figures of the first encoder at the highest bit rate grow with resolution
                      (${growthSizes.map(sizeText).join(", ")}), frame rate (${growthFrameRates.join(", ")}) and viewers (${growthViewers.join(", ")})
  --markdown          print Markdown tables
  --update            write the tables into docs/performance.md
  --json              end with one line of JSON on standard output, instead of tables`;

/**
 * Reads the command line.
 * @throws StreamSpaceError `config` that says in a sentence what is wrong.
 */
export function parseEncodeOptions(args: readonly string[]): EncodeOptions {
  const { values, flags } = parseOptions(args, {
    values: [
      "encoders",
      "size",
      "fps",
      "bitrates",
      "viewers",
      "seconds",
      "runs",
    ],
    flags: ["growth", ...outputFlags],
  });
  return {
    encoders:
      values.encoders === undefined
        ? defaults.encoders
        : parseEncoders(values.encoders),
    size: values.size === undefined ? defaults.size : parseSize(values.size),
    frameRate: wholeNumber("--fps", values.fps, defaults.frameRate),
    bitratesBps: bitrates("--bitrates", values.bitrates, defaults.bitratesBps),
    viewers: wholeNumbers("--viewers", values.viewers, defaults.viewers),
    seconds: wholeNumber("--seconds", values.seconds, defaults.seconds),
    runs: wholeNumber("--runs", values.runs, defaults.runs),
    growth: flags.has("growth"),
    output: outputOf(flags),
  };
}

/** In the order given, each once. */
function parseEncoders(text: string): string[] {
  const known = text
    .split(",")
    .map((word) => oneOf(encoderElements, word, "--encoders"));
  return [...new Set(known)];
}
