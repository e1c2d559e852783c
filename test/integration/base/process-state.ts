/**
 * What the kernel says about a process.
 */
import { readFileSync } from "node:fs";
import { poll } from "../../../agent/base/deadline.ts";
import { systemCodeOf } from "../../../agent/base/errors.ts";

/** Whether the process runs; one that is dead but not reaped yet does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The state follows the name, which stands in parentheses and may hold anything.
    const state = stat.slice(stat.lastIndexOf(")") + 2)[0];
    return state !== "Z" && state !== "X";
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ESRCH") return false;
    throw error;
  }
}

/** Resolves when the process is gone. */
export async function gone(pid: number, timeoutMs = 5_000): Promise<void> {
  await poll(() => (isAlive(pid) ? undefined : true), {
    everyMs: 10,
    timeoutMs,
    what: `the end of process ${pid}`,
  });
}
