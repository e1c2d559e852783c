/**
 * The nearest of some names to a mistyped one.
 */

/**
 * Levenshtein distance: the fewest insertions, deletions and replacements of one character that
 * turn `from` into `to`.
 */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const deleted = (row[j] ?? 0) + 1;
      const inserted = (next[j - 1] ?? 0) + 1;
      next.push(Math.min(replaced, deleted, inserted));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** The element of `names` with the smallest distance to `name`; the first of several. */
export function nearestOf(
  name: string,
  names: readonly string[],
  spelling: (name: string) => string = (candidate) => candidate,
): { name: string; distance: number } | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const candidate of names) {
    const distance = editDistance(spelling(name), spelling(candidate));
    if (best === undefined || distance < best.distance) {
      best = { name: candidate, distance };
    }
  }
  return best;
}
