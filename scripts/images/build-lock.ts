/**
 * One build at a time on a machine: two would give their stages the same names.
 */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { systemCodeOf } from "../../agent/base/errors.ts";
import { BuildFailure } from "./failure.ts";

/** Who has the lock. */
interface Owner {
  pid: number;
  /** When the process began, in ticks of the machine's clock; empty where nobody knows. */
  startedAt: string;
}

/**
 * Takes the lock in `file`; the lock of a process that is gone is taken over.
 * @returns gives the lock back; may be called twice.
 * @throws BuildFailure `unavailable` where another build runs.
 */
export function takeLock(file: string): () => void {
  const own = `${process.pid} ${startOf(process.pid) ?? ""}`;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    if (writeNew(file, own)) {
      return () => {
        if (contentOf(file) === own) rmSync(file, { force: true });
      };
    }
    const owner = ownerIn(contentOf(file));
    if (owner !== undefined && isAlive(owner)) {
      throw new BuildFailure(
        "unavailable",
        `another build of images is running on this machine: process ${owner.pid}, by the lock ${file}`,
      );
    }
    rmSync(file, { force: true });
  }
  throw new BuildFailure(
    "unavailable",
    `another build of images began on this machine just now, by the lock ${file}`,
  );
}

/** Writes a file that is there whole or not at all, unless there is one. */
function writeNew(file: string, content: string): boolean {
  const temporary = `${file}.${randomUUID()}`;
  try {
    writeFileSync(temporary, content);
    linkSync(temporary, file);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // Gone meanwhile.
  }
}

function ownerIn(content: string): Owner | undefined {
  const [, pid, startedAt] = /^([1-9]\d*)(?: (\d*))?$/.exec(content) ?? [];
  if (pid === undefined) return undefined;
  return { pid: Number(pid), startedAt: startedAt ?? "" };
}

/** Whether the owner runs still: not another process that has got its number since. */
function isAlive({ pid, startedAt }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCodeOf(error) !== "EPERM") return false;
  }
  const now = startOf(pid);
  return startedAt === "" || now === undefined || now === startedAt;
}

/** When a process began: field 22 of proc_pid_stat(5), after a name that may have spaces and brackets. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined; // It has just ended, or this machine has no /proc.
  }
}
