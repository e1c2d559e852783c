/**
 * Readers of option values that several benchmarks share. Each throws a StreamSpaceError `config` that says in a
 * sentence what is wrong.
 */
import { parseArgs } from "node:util";
import { messageOf } from "../../agent/base/errors.ts";
import { usageError } from "./benchmark.ts";
import type { Output } from "./publish.ts";

/** What was given of options that each take a value or stand alone. */
export function parseOptions<Name extends string, Flag extends string>(
  args: readonly string[],
  { values, flags }: { values: readonly Name[]; flags: readonly Flag[] },
): { values: Partial<Record<Name, string>>; flags: ReadonlySet<Flag> } {
  try {
    const parsed = parseArgs({
      args: [...args],
      options: optionTable(values, flags),
    }).values;
    const given: Partial<Record<Name, string>> = {};
    for (const name of values) {
      const value = parsed[name];
      if (typeof value === "string") given[name] = value;
    }
    return {
      values: given,
      flags: new Set(flags.filter((name) => parsed[name] === true)),
    };
  } catch (error) {
    // Node adds hints of several sentences after the first one.
    throw usageError(messageOf(error).split(/\. |\n/, 1)[0] ?? "");
  }
}

function optionTable(
  values: readonly string[],
  flags: readonly string[],
): Record<string, { type: "string" | "boolean" }> {
  const table: Record<string, { type: "string" | "boolean" }> = {};
  for (const name of values) table[name] = { type: "string" };
  for (const name of flags) table[name] = { type: "boolean" };
  return table;
}

/** Flags that say how the result is wanted. */
export const outputFlags = ["json", "markdown", "update"] as const;

/** How the result is wanted; the flags exclude each other. */
export function outputOf(flags: ReadonlySet<string>): Output {
  const given = outputFlags.filter((flag) => flags.has(flag));
  if (given.length > 1) {
    throw usageError(
      `${given.map((flag) => `--${flag}`).join(" and ")} exclude each other`,
    );
  }
  return {
    json: flags.has("json"),
    markdown: flags.has("markdown"),
    update: flags.has("update"),
  };
}

/** A whole number within both ends, or `fallback` where nothing was given. */
export function wholeNumber(
  option: string,
  text: string | undefined,
  bounds: { min: number; max: number; default: number },
): number {
  if (text === undefined) return bounds.default;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= bounds.min && value <= bounds.max)
    return value;
  throw usageError(
    `${option} must be a whole number from ${bounds.min} to ${bounds.max}, not "${text}"`,
  );
}

/** Whole numbers separated by commas, in rising order, each once. */
export function wholeNumbers(
  option: string,
  text: string | undefined,
  bounds: { min: number; max: number; default: readonly number[] },
): readonly number[] {
  if (text === undefined) return bounds.default;
  const numbers = text
    .split(",")
    .map((word) =>
      wholeNumber(option, word, { ...bounds, default: bounds.min }),
    );
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}

const bitrateBounds = { minBps: 100_000, maxBps: 200_000_000 };

/** Bit rates such as `2M`, `2.5M`, `800k` or `4000000`, separated by commas, in rising order, each once. */
export function bitrates(
  option: string,
  text: string | undefined,
  fallback: readonly number[],
): readonly number[] {
  if (text === undefined) return fallback;
  const found = text.split(",").map((word) => bitrate(option, word));
  return [...new Set(found)].toSorted((a, b) => a - b);
}

function bitrate(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text);
  const unit = match?.[2] === "M" ? 1e6 : match?.[2] === "k" ? 1e3 : 1;
  const valueBps = Math.round(Number(match?.[1]) * unit);
  if (valueBps >= bitrateBounds.minBps && valueBps <= bitrateBounds.maxBps)
    return valueBps;
  throw usageError(
    `${option} must be bit rates from 100k to 200M such as 4M, not "${text}"`,
  );
}
