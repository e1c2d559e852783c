/**
 * The options of the session benchmark.
 */
import {
  outputFlags,
  outputOf,
  parseOptions,
  wholeNumber,
  wholeNumbers,
} from "../command-line.ts";
import { oneOf, parseSize, type ScreenSize } from "../latency/options.ts";
import type { Output } from "../publish.ts";

export const partNames = ["idle", "viewers"] as const;
export type PartName = (typeof partNames)[number];

export interface SessionOptions {
  parts: readonly PartName[];
  size: ScreenSize;
  viewers: readonly number[];
  /** How long the idle session is looked at. */
  idleSeconds: number;
  /** How long one run with viewers takes; the median of {@link runs} is printed. */
  seconds: number;
  runs: number;
  output: Output;
}

const defaults = {
  size: { width: 1280, height: 720 },
  viewers: { min: 1, max: 16, default: [1, 2, 4] },
  idleSeconds: { min: 1, max: 600, default: 20 },
  seconds: { min: 1, max: 60, default: 4 },
  runs: { min: 1, max: 99, default: 3 },
} as const;

export const sessionUsage = `Usage: npm run bench -- session [options]

  --part NAME         ${partNames.join(" or ")}; both where absent
  --size WxH          size of the screen, 1280x720 where absent
  --viewers A,B,…     numbers of viewers on the busy scene, from one on, 1,2,4 where absent
  --idle-seconds N    how long the idle session is looked at, ${defaults.idleSeconds.default} where absent
  --seconds N         how long one run with viewers takes, ${defaults.seconds.default} where absent
  --runs N            runs whose median is printed, ${defaults.runs.default} where absent
  --markdown          print Markdown tables
  --update            write the tables into docs/performance.md
  --json              end with one line of JSON on standard output, instead of tables`;

/**
 * Reads the command line.
 * @throws StreamSpaceError `config` that says in a sentence what is wrong.
 */
export function parseSessionOptions(args: readonly string[]): SessionOptions {
  const { values, flags } = parseOptions(args, {
    values: ["part", "size", "viewers", "idle-seconds", "seconds", "runs"],
    flags: outputFlags,
  });
  return {
    parts:
      values.part === undefined
        ? partNames
        : [oneOf(partNames, values.part, "--part")],
    size: values.size === undefined ? defaults.size : parseSize(values.size),
    viewers: wholeNumbers("--viewers", values.viewers, defaults.viewers),
    idleSeconds: wholeNumber(
      "--idle-seconds",
      values["idle-seconds"],
      defaults.idleSeconds,
    ),
    seconds: wholeNumber("--seconds", values.seconds, defaults.seconds),
    runs: wholeNumber("--runs", values.runs, defaults.runs),
    output: outputOf(flags),
  };
}
