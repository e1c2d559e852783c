/**
 * The options of the soak.
 */
import { parseOptions, wholeNumber } from "../command-line.ts";

export interface SoakOptions {
  /** Viewers that come, get a picture, and go. */
  connects: number;
  /** Children of the agent that are killed, in turn. */
  kills: number;
  /** Other sizes of the screen. */
  resizes: number;
  /** Connects before the first look. */
  warmup: number;
  /** Viewers that come and go at the same time. */
  parallel: number;
  json: boolean;
}

const bounds = {
  connects: { min: 0, max: 100_000, default: 1_000 },
  kills: { min: 0, max: 100_000, default: 500 },
  resizes: { min: 0, max: 100_000, default: 200 },
  // Compilers of V8 work on until then, and what they leave of malloc's arenas stays.
  warmup: { min: 1, max: 10_000, default: 500 },
  parallel: { min: 1, max: 4, default: 2 },
} as const;

export const soakUsage = `Usage: npm run bench -- soak [options]

What is left of a session after much coming, going and dying: memory, descriptors, X clients, streams of the sound server.
Exits with 1 where any of them ends more than 5 % above where it was after the warm-up.

  --connects N   viewers that come, get a picture, and go, ${bounds.connects.default} where absent
  --kills N      children of the agent that are killed, ${bounds.kills.default} where absent
  --resizes N    other sizes of the screen, ${bounds.resizes.default} where absent
  --warmup N     connects before the first look, ${bounds.warmup.default} where absent
  --parallel N   viewers at the same time, ${bounds.parallel.default} where absent
  --json         end with one line of JSON on standard output`;

/**
 * Reads the command line.
 * @throws StreamSpaceError `config` that says in a sentence what is wrong.
 */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const { values, flags } = parseOptions(args, {
    values: ["connects", "kills", "resizes", "warmup", "parallel"],
    flags: ["json"],
  });
  return {
    connects: wholeNumber("--connects", values.connects, bounds.connects),
    kills: wholeNumber("--kills", values.kills, bounds.kills),
    resizes: wholeNumber("--resizes", values.resizes, bounds.resizes),
    warmup: wholeNumber("--warmup", values.warmup, bounds.warmup),
    parallel: wholeNumber("--parallel", values.parallel, bounds.parallel),
    json: flags.has("json"),
  };
}
