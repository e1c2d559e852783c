/**
 * Runs work that depends on other work, each piece when what it needs is done.
 */

/** Cores that one build uses up; with fewer, builds take turns. */
const coresPerBuild = 4;

/** How many builds run at the same time: on two cores, two builds take as long as one after the other. */
export function parallelBuilds(cores: number): number {
  return Math.max(1, Math.floor(cores / coresPerBuild));
}

/**
 * Runs `work` for each of `items`, which are in the order of their dependencies. After a failure nothing is
 * begun; what runs is waited for.
 * @param limit at least 1.
 * @throws the first failure.
 */
export async function runInOrder<Item extends { name: string }>(
  items: readonly (Item & { dependsOn: readonly string[] })[],
  limit: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const waiting = new Map(
    items.map((item, index) => [item.name, { item, index }]),
  );
  const done = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  const isReady = (dependsOn: readonly string[]): boolean =>
    dependsOn.every((name) => done.has(name));
  while (waiting.size + running.size > 0) {
    for (const [name, { item, index }] of waiting) {
      if (running.size >= limit || failures.length > 0) break;
      if (!isReady(item.dependsOn)) continue;
      waiting.delete(name);
      const job = work(item, index)
        .then(() => {
          done.add(name);
        })
        .catch((error: unknown) => {
          failures.push(error);
        })
        .finally(() => {
          running.delete(name);
        });
      running.set(name, job);
    }
    if (running.size === 0) break; // A failure, or something that waits for what is not there.
    await Promise.race(running.values());
  }
  if (failures.length > 0) throw failures[0];
}
