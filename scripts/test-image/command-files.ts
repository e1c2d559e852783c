/**
 * Files that the command line of the test names, or that it needs where none is named: looked at before anything starts.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../agent/base/errors.ts";

const podmanProfile = "/usr/share/containers/seccomp.json";

/**
 * The file with the seccomp profile that an engine uses of itself.
 * @throws Error one sentence, where there is none. Docker's is compiled into it, and is another one than podman's.
 */
export function defaultProfileOf(engine: string): string {
  if (engine === "podman" && existsSync(podmanProfile)) return podmanProfile;
  throw new Error(
    `${engine}'s default seccomp profile, which is opened for Chromium's sandbox, is in no file here; name one with --seccomp. Docker's is profiles/seccomp/default.json in its sources`,
  );
}

/** Whether a report can be written to `file`, whose folder is made. @throws Error one sentence, where it cannot. */
export function checkReportFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const isThere = existsSync(file);
    if (isThere && statSync(file).isDirectory())
      throw new Error("it is a folder");
    accessSync(isThere ? file : dirname(file), constants.W_OK);
  } catch (cause) {
    throw new Error(
      `the report cannot be written to ${file}: ${messageOf(cause)}`,
      { cause },
    );
  }
}
