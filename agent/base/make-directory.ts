/**
 * Folders that are made where they are missing.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, StreamSpaceError, systemCodeOf } from "./errors.ts";

/**
 * Makes `directory` and what is missing above it; returns whether it made the last of them. Level by
 * level, since Node's recursive mkdir does not return on file systems that take no directories (/proc).
 *
 * @throws StreamSpaceError `unwritable`.
 */
export function makeDirectory(directory: string): boolean {
  if (existsSync(directory)) return false;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw unwritable(directory, messageOf(error), error);
  }
  return true;
}

/** The error for a folder that cannot be made or written. */
export function unwritable(
  directory: string,
  why: string,
  cause?: unknown,
): StreamSpaceError {
  return new StreamSpaceError(
    "unwritable",
    `the runtime directory ${directory} cannot be used: ${why}`,
    {
      cause,
      mend: "Choose another with --runtime-dir or STREAMSPACE_RUNTIME_DIR.",
    },
  );
}
