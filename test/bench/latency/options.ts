/**
 * The options of the latency benchmark.
 */
import { usageError } from "../benchmark.ts";
import {
  outputFlags,
  outputOf,
  parseOptions,
  wholeNumber,
} from "../command-line.ts";
import type { Output } from "../publish.ts";

export const systemNames = ["streamspace", "x0tigervnc", "x11vnc"] as const;
/** A program that brings the display to the browser. */
export type SystemName = (typeof systemNames)[number];

export const contentKinds = ["still", "busy", "video", "video60"] as const;
/** What happens on the display. */
export type ContentKind = (typeof contentKinds)[number];

/** Size of the screen in pixels. */
export interface ScreenSize {
  width: number;
  height: number;
}

export interface LatencyOptions {
  sizes: readonly ScreenSize[];
  contents: readonly ContentKind[];
  systems: readonly SystemName[];
  /** How long each system is measured in each case. */
  seconds: number;
  output: Output;
}

const defaultSizes: readonly ScreenSize[] = [
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
];
const bounds = {
  width: { min: 320, max: 7680 },
  height: { min: 240, max: 4320 },
  seconds: { min: 1, max: 600, default: 10 },
} as const;

export const latencyUsage = `Usage: npm run bench -- latency [options]

  --size WxH         one size of the screen; 1280x720 and 1920x1080 where absent
  --content KIND     ${contentKinds.join(", ")}; all of them where absent
  --seconds N        how long each system is measured, ${bounds.seconds.default} where absent
  --systems A,B,…    some of ${systemNames.join(", ")}; all of them where absent
  --markdown         print a Markdown table
  --update           write the table into docs/performance.md
  --json             end with one line of JSON on standard output, instead of the table`;

/**
 * Reads the command line.
 * @throws StreamSpaceError `config` that says in a sentence what is wrong.
 */
export function parseLatencyOptions(args: readonly string[]): LatencyOptions {
  const { values: given, flags } = parseOptions(args, {
    values: ["size", "content", "seconds", "systems"],
    flags: outputFlags,
  });
  return {
    sizes: given.size === undefined ? defaultSizes : [parseSize(given.size)],
    contents:
      given.content === undefined
        ? contentKinds
        : [oneOf(contentKinds, given.content, "--content")],
    systems:
      given.systems === undefined ? systemNames : parseSystems(given.systems),
    seconds: wholeNumber("--seconds", given.seconds, bounds.seconds),
    output: outputOf(flags),
  };
}

/** `1280x720` */
export function sizeText({ width, height }: ScreenSize): string {
  return `${width}x${height}`;
}

/**
 * Reads `WxH`. Both must be even: video is encoded with chroma at half the size.
 * @throws StreamSpaceError `config`.
 */
export function parseSize(text: string): ScreenSize {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const size = { width: Number(match?.[1]), height: Number(match?.[2]) };
  const fits = (["width", "height"] as const).every(
    (side) =>
      size[side] >= bounds[side].min &&
      size[side] <= bounds[side].max &&
      size[side] % 2 === 0,
  );
  if (fits) return size;
  throw usageError(
    `--size must be two even numbers such as 1280x720, from ${bounds.width.min}x${bounds.height.min} to ${bounds.width.max}x${bounds.height.max}, not "${text}"`,
  );
}

/** In the order of {@link systemNames}, each once. */
function parseSystems(text: string): SystemName[] {
  const wanted = text
    .split(",")
    .map((name) => oneOf(systemNames, name, "--systems"));
  return systemNames.filter((name) => wanted.includes(name));
}

/** @throws StreamSpaceError `config` where `text` is none of `allowed`. */
export function oneOf<T extends string>(
  allowed: readonly T[],
  text: string,
  option: string,
): T {
  const found = allowed.find((word) => word === text);
  if (found !== undefined) return found;
  throw usageError(`${option} knows ${allowed.join(", ")}, not "${text}"`);
}
