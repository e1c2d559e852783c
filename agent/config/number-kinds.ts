/**
 * Kinds of values that are numbers: strict readers of text. Nothing is guessed; `8080x` is no number.
 */
import type { ValueKind } from "./setting.ts";

const refused = { ok: false } as const;

/** A whole number within a range; `unit` completes the description, e.g. `pixels`. */
export function integer(options: {
  min: number;
  max: number;
  unit?: string;
}): ValueKind<number> {
  const { min, max, unit } = options;
  return {
    placeholder: "number",
    allowed: `a whole number from ${min} to ${max}${unit === undefined ? "" : ` ${unit}`}`,
    read(text) {
      if (!/^-?\d+$/.test(text)) return refused;
      const value = Number(text);
      return value >= min && value <= max ? { ok: true, value } : refused;
    },
  };
}

/** A TCP port to listen on, or `undefined` for none. */
export const portOrOff: ValueKind<number | undefined> = {
  placeholder: "port",
  allowed: "`off`, or a whole number from 0 to 65535; `0` takes any free port",
  read(text) {
    if (text === "off") return { ok: true, value: undefined };
    return integer({ min: 0, max: 65_535 }).read(text);
  },
};

/** One of a few numbers. */
export function oneOf<const T extends number>(
  numbers: readonly T[],
): ValueKind<T> {
  const words = numbers.map(String);
  return {
    placeholder: words.join("|"),
    allowed: words.map((word) => `\`${word}\``).join(" or "),
    read(text) {
      const value = numbers.find((number) => String(number) === text);
      return value === undefined ? refused : { ok: true, value };
    },
  };
}

/**
 * A length in pixels, rounded down to an even number: 4:2:0 video has no odd sizes, and x264 stalls
 * when it is given one.
 */
export function evenPixels(options: {
  min: number;
  max: number;
}): ValueKind<number> {
  const whole = integer({ ...options, unit: "pixels" });
  return {
    ...whole,
    allowed: `${whole.allowed}; odd numbers are rounded down to even ones`,
    read(text) {
      const result = whole.read(text);
      if (!result.ok || result.value % 2 === 0) return result;
      const value = result.value - 1;
      return {
        ok: true,
        value,
        warning: `video needs even sizes; ${value} is used`,
      };
    },
  };
}

const multiplierOfSuffix: Readonly<Record<string, number>> = {
  "": 1,
  k: 1_000,
  M: 1_000_000,
};

/** A bit rate in bit/s, plain or with a decimal suffix: `8000000`, `8000k`, `2.5M`. */
export function bitrate(options: {
  minBps: number;
  maxBps: number;
}): ValueKind<number> {
  const { minBps, maxBps } = options;
  return {
    placeholder: "bit/s",
    allowed: `a bit rate from ${shortBps(minBps)} to ${shortBps(maxBps)} bit/s, plain or with the suffix k (1000) or M (1000000)`,
    read(text) {
      const match = /^(\d{1,12}(?:\.\d{1,6})?)([kM]?)$/.exec(text);
      if (match === null) return refused;
      const value = Math.round(
        Number(match[1]) * (multiplierOfSuffix[match[2] ?? ""] ?? Number.NaN),
      );
      return value >= minBps && value <= maxBps ? { ok: true, value } : refused;
    },
  };
}

function shortBps(bps: number): string {
  return bps % 1_000_000 === 0 ? `${bps / 1_000_000}M` : `${bps / 1_000}k`;
}
