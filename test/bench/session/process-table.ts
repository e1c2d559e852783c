/**
 * Processor time of a session, by what its processes do.
 */
import { readFile } from "node:fs/promises";
import { systemCodeOf } from "../../../agent/base/errors.ts";
import { readThreads } from "../encode/thread-time.ts";
import {
  parseProcessStat,
  readProcesses,
  type ProcessStat,
} from "../latency/processor-time.ts";

/** What a process does, by its command line; the first that fits. */
const roles: readonly (readonly [role: string, pattern: RegExp])[] = [
  ["agent", /agent\/cli\/main\.(ts|js) /],
  ["host child", /encoders\/host\/main\.(ts|js) /],
  ["video by gst-launch", /gst-launch-1\.0 .*ximagesrc/],
  ["audio child", /gst-launch-1\.0 .*opusenc/],
  ["Xvfb", /^\S*Xvfb /],
  ["window manager", /^\S*openbox/],
  ["pulseaudio", /^\S*pulseaudio /],
  ["guard", /guard\.sh/],
];

/** The role of a process with this command line. */
export function roleOf(command: string): string {
  return roles.find(([, pattern]) => pattern.test(command))?.[0] ?? "other";
}

/** One process of a session. */
export interface SessionProcess {
  pid: number;
  role: string;
  /** Its threads, in milliseconds since its start. */
  cpuMs: number;
}

/** All processes that descend from `root`, and itself. */
export async function readSession(root: number): Promise<SessionProcess[]> {
  const pids = descendants(await readProcesses(), root);
  const processes = await Promise.all(pids.map(readOne));
  return processes.filter((each) => each !== undefined);
}

/** `root` and all that descends from it. */
export function descendants(
  processes: readonly Pick<ProcessStat, "pid" | "parentPid">[],
  root: number,
): number[] {
  const found = [root];
  // Grows while it is walked through.
  for (const parent of found) {
    for (const { pid, parentPid } of processes)
      if (parentPid === parent) found.push(pid);
  }
  return found;
}

async function readOne(pid: number): Promise<SessionProcess | undefined> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
    const threads = await readThreads(pid);
    return {
      pid,
      role: roleOf(command.replaceAll("\0", " ")),
      cpuMs: threads.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    };
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT" || systemCodeOf(error) === "ESRCH")
      return undefined; // It ended while it was looked at.
    throw error;
  }
}

/** Processor time between two looks by role, in milliseconds; what has ended in between is not in it. */
export function timeByRole(
  before: readonly SessionProcess[],
  after: readonly SessionProcess[],
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { pid, role, cpuMs } of after) {
    const earlier = before.find((other) => other.pid === pid)?.cpuMs ?? 0;
    sums.set(role, (sums.get(role) ?? 0) + cpuMs - earlier);
  }
  return sums;
}

/**
 * Processor time of children of `pid` that have ended and were waited for, in milliseconds. The kernel counts it in
 * hundredths of a second.
 */
export async function endedChildrenMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  return parseProcessStat(text)?.endedChildrenMs ?? 0;
}
