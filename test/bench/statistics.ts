/**
 * Statistics of a few runs.
 */

/** The middle value, or the mean of the two in the middle; `NaN` where there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1
    ? upper
    : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Medians of the figures of several runs, figure by figure; the keys are those of the first run. */
export function medians<Figure extends string>(
  runs: readonly Readonly<Record<Figure, number>>[],
): Record<Figure, number> {
  const [first] = runs;
  if (first === undefined)
    throw new Error("there are no runs to take medians of");
  const keys = Object.keys(first) as Figure[];
  return Object.fromEntries(
    keys.map((key) => [key, median(runs.map((run) => run[key]))]),
  ) as Record<Figure, number>;
}
