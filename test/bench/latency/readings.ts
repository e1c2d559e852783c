/**
 * From what the page saw to the figures of the table.
 */
import { decodeBarcode, latencyMs } from "./barcode.ts";

/** A picture that the page presented. */
export interface PresentedFrame {
  /** The 32 cells as they were read, see `encodeBarcode`. */
  word: number;
  /** Unix time of the presentation. */
  unixMs: number;
}

/** What was found in the pictures of one measurement. */
export interface Readings {
  /** Age of each distinct picture when it was first presented. */
  latenciesMs: number[];
  /** Pictures whose check bits did not fit. */
  unreadable: number;
}

/** A picture older than this is a misread one that passed the check bits by chance. */
const plausibleMs = { min: -5, max: 10_000 };

/** Reads the pictures in the order of their presentation; a picture counts when it is first seen. */
export function readFrames(frames: readonly PresentedFrame[]): Readings {
  const readings: Readings = { latenciesMs: [], unreadable: 0 };
  let last: number | undefined;
  for (const { word, unixMs } of frames) {
    const value = decodeBarcode(word);
    const ageMs = value === undefined ? NaN : latencyMs(value, unixMs);
    if (!(ageMs >= plausibleMs.min && ageMs <= plausibleMs.max)) {
      readings.unreadable += 1;
    } else if (value !== last) {
      last = value;
      readings.latenciesMs.push(ageMs);
    }
  }
  return readings;
}

/**
 * The smallest value that at least `percent` per cent of the values do not exceed (nearest rank).
 * @param percent above 0, at most 100.
 * @returns `NaN` where there are no values.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? NaN;
}
