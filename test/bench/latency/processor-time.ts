/**
 * Processor time of process trees, from /proc (proc(5)).
 */
import { readdir, readFile } from "node:fs/promises";
import { systemCodeOf } from "../../../agent/base/errors.ts";

/** USER_HZ: the kernel reports times to programs in hundredths of a second on every Linux architecture. */
const ticksPerSecond = 100;

/** One line of /proc/PID/stat, as far as it is needed. */
export interface ProcessStat {
  pid: number;
  parentPid: number;
  /** User and system time, also of children that ended and were waited for. */
  cpuMs: number;
  /** The part of it that is of such children. */
  endedChildrenMs: number;
}

/** Reads /proc/PID/stat. The name, in parentheses, may hold spaces and parentheses itself. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const match = /^(\d+) \((?:.|\n)*\) \S (.*)$/.exec(text.trimEnd());
  const fields = match?.[2]?.split(" ").map(Number) ?? [];
  // From field 4 (ppid) on; 14 to 17 are utime, stime, cutime, cstime.
  const [parentPid, times] = [fields[0], fields.slice(10, 14)];
  if (parentPid === undefined || times.length < 4) return undefined;
  return {
    pid: Number(match?.[1]),
    parentPid,
    cpuMs: ticksToMs(times),
    endedChildrenMs: ticksToMs(times.slice(2)),
  };
}

function ticksToMs(ticks: readonly number[]): number {
  return (ticks.reduce((sum, time) => sum + time, 0) / ticksPerSecond) * 1_000;
}

/** Processor time of `roots` and all that descends from them, in milliseconds since their start. */
export function treeCpuMs(
  processes: readonly ProcessStat[],
  roots: readonly number[],
): number {
  const byPid = new Map(processes.map((entry) => [entry.pid, entry]));
  const belongs = ({ pid, parentPid }: ProcessStat): boolean => {
    if (roots.includes(pid)) return true;
    const parent = byPid.get(parentPid);
    return parent !== undefined && belongs(parent);
  };
  return processes.filter(belongs).reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

/** All processes of the machine. */
export async function readProcesses(): Promise<ProcessStat[]> {
  const names = await readdir("/proc");
  const pids = names.filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(pids.map(readProcess));
  return entries.filter((entry) => entry !== undefined);
}

async function readProcess(pid: string): Promise<ProcessStat | undefined> {
  try {
    return parseProcessStat(await readFile(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ESRCH") return undefined; // It ended while the folder was read.
    throw error;
  }
}
