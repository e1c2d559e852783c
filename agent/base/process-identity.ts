/**
 * Tells a process from another that has the same number later.
 */
import { readFileSync } from "node:fs";

/**
 * Process id and start time of a living process. The id alone is not enough: in a container that was
 * started anew on the same volume, the same small number soon belongs to another process.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc(5): the 22nd field, counted behind the name, which may hold spaces and parentheses.
    const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return startTime === undefined ? undefined : `${pid} ${startTime}`;
  } catch {
    return undefined; // There is no such process.
  }
}
