/**
 * Processor time by thread, from /proc/PID/task/TID/schedstat: nanoseconds, where stat counts in hundredths
 * of a second.
 */
import { readdir, readFile } from "node:fs/promises";
import { systemCodeOf } from "../../../agent/base/errors.ts";

/** One thread of a process. */
export interface ThreadTime {
  threadId: number;
  /** Its name, which the kernel cuts at 15 characters. */
  name: string;
  /** Time on a processor since its start, in milliseconds. */
  cpuMs: number;
}

/** The first number of a schedstat file, in milliseconds; `undefined` where it is no such file. */
export function parseSchedstat(text: string): number | undefined {
  const match = /^(\d+) \d+ \d+\s*$/.exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]) / 1e6;
}

/** The threads that a process has now; none where it has ended. */
export async function readThreads(pid: number): Promise<ThreadTime[]> {
  const ids = await orUndefined(readdir(`/proc/${pid}/task`));
  const threads = await Promise.all(
    (ids ?? []).map((id) => readThread(pid, id)),
  );
  return threads.filter((thread) => thread !== undefined);
}

async function readThread(
  pid: number,
  id: string,
): Promise<ThreadTime | undefined> {
  const [name, text] = await Promise.all([
    orUndefined(readFile(`/proc/${pid}/task/${id}/comm`, "utf8")),
    orUndefined(readFile(`/proc/${pid}/task/${id}/schedstat`, "utf8")),
  ]);
  const cpuMs = parseSchedstat(text ?? "");
  return name === undefined || cpuMs === undefined
    ? undefined
    : { threadId: Number(id), name: name.trimEnd(), cpuMs };
}

/** What each thread did between two looks; one that is new counts from its start, one that has ended not at all. */
export function threadTimesBetween(
  before: readonly ThreadTime[],
  after: readonly ThreadTime[],
): ThreadTime[] {
  const known = new Map(before.map((thread) => [thread.threadId, thread]));
  return after.map((thread) => ({
    ...thread,
    cpuMs: thread.cpuMs - (known.get(thread.threadId)?.cpuMs ?? 0),
  }));
}

/** A thread or process may end while its files are read. */
async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
