/**
 * Finds processes of the session by a mark in their environment.
 *
 * A program that daemonises leaves its process group, its session and its parent; its environment goes
 * with it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { systemCodeOf } from "../base/errors.ts";

/** Process ids whose environment at their start held `mark` (`NAME=value`), without this process. */
export function markedProcesses(mark: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => environmentOf(pid).includes(mark));
}

/** Ends every process that {@link markedProcesses} finds, at once and for good. */
export function killMarkedProcesses(mark: string): void {
  for (const pid of markedProcesses(mark)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      // Gone in the meantime, or somebody else's by now.
      const code = systemCodeOf(error);
      if (code !== "ESRCH" && code !== "EPERM") throw error;
    }
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return []; // It ended just now, or belongs to another user, and so not to this session.
  }
}
