/**
 * Who has to go when too many sockets are open that have not proven the token yet.
 */
import type { Viewer } from "./viewer.ts";

/** Sockets that have not proven the token yet, all together and of one address. */
export const maxPending = { all: 64, ofOneAddress: 16 } as const;

type PendingViewer = Pick<Viewer, "phase">;

/**
 * The viewer that makes room for one more from `address`, or `undefined` where there is room.
 *
 * Nobody is turned away at the door, or silent sockets would keep everybody out. The one that has
 * been silent for longest goes. Where all have said hello and wait for their tokens to be looked at,
 * it is the newest: were it the oldest, a quick guesser would push out each of them before its turn.
 *
 * @param viewers in the order in which they came, each with its address.
 */
export function placeToFree<T extends PendingViewer>(
  viewers: ReadonlyMap<T, string>,
  address: string,
): T | undefined {
  const pending = [...viewers].filter(
    ([{ phase }]) => phase === "hello" || phase === "waiting",
  );
  const neighbours = pending.filter(([, from]) => from === address);
  if (neighbours.length >= maxPending.ofOneAddress)
    return leastWorth(neighbours);
  return pending.length >= maxPending.all ? leastWorth(pending) : undefined;
}

function leastWorth<T extends PendingViewer>(
  candidates: readonly (readonly [T, string])[],
): T | undefined {
  const silent = candidates.find(([{ phase }]) => phase === "hello");
  return (silent ?? candidates.at(-1))?.[0];
}
