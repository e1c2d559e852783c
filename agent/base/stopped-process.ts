/**
 * Whether a process was stopped: by SIGSTOP, a terminal or a debugger. To ask costs some microseconds.
 */
import { readFileSync } from "node:fs";

/** `false` for one that has ended. */
export function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc(5): the state follows the name, which is in parentheses and may hold anything. T: by a signal; t: by a tracer.
    const state = stat.charAt(stat.lastIndexOf(")") + 2);
    return state === "T" || state === "t";
  } catch {
    return false; // Its owner finds out.
  }
}
