/**
 * One build at a time on a machine: two would give their stages the same names.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { systemCodeOf } from "../../agent/base/errors.ts";
import { BuildFailure } from "./failure.ts";

/**
 * Takes the lock in `file`; the lock of a process that is gone is taken over.
 * @returns gives the lock back; may be called twice.
 * @throws BuildFailure `unavailable` where another build runs.
 */
export function takeLock(file: string): () => void {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => {
        if (ownerOf(file) === process.pid) rmSync(file, { force: true });
      };
    } catch (error) {
      if (systemCodeOf(error) !== "EEXIST") throw error;
      const owner = ownerOf(file);
      if (owner !== undefined && isAlive(owner)) break;
      rmSync(file, { force: true });
    }
  }
  throw new BuildFailure(
    "unavailable",
    `another build of images is running on this machine, process ${ownerOf(file) ?? "unknown"}`,
  );
}

function ownerOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined; // Gone meanwhile.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === "EPERM";
  }
}
