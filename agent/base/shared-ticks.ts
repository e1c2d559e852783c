/**
 * Timers that come due together, for looks that are taken again and again and need no exact moment.
 *
 * Waking a process costs more than what most looks do: with a timer for each, an idle session with one viewer took
 * half as much processor time again.
 */

/** All periods are multiples of this, in milliseconds. */
export const tickMs = 250;

interface Look {
  everyTicks: number;
  callback: () => void;
}

const looks = new Set<Look>();
let timer: NodeJS.Timeout | undefined;
let ticks = 0;

/**
 * Calls `callback` every `periodMs`, first after one period at the latest, until the returned function is called;
 * calling that twice is harmless.
 * @param periodMs in milliseconds, rounded to the next multiple of {@link tickMs}, one at least.
 * @param callback must not throw.
 */
export function onSharedTicks(
  periodMs: number,
  callback: () => void,
): () => void {
  const look = {
    everyTicks: Math.max(1, Math.round(periodMs / tickMs)),
    callback,
  };
  looks.add(look);
  if (timer === undefined) {
    ticks = 0;
    timer = setInterval(tick, tickMs);
  }
  return () => {
    looks.delete(look);
    if (looks.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  ticks += 1;
  for (const { everyTicks, callback } of looks)
    if (ticks % everyTicks === 0) callback();
}
