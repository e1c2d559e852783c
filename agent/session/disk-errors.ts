/**
 * What the file system says, in the words of the agent, and within a deadline: a disk that hangs must not hold up whoever
 * waits for it.
 */
import { withDeadline } from "../base/deadline.ts";
import { StreamSpaceError, systemCodeOf } from "../base/errors.ts";

const diskTimeoutMs = 10_000;

/** The error for what went wrong with a file. Its message names no file. */
export function diskError(error: unknown): StreamSpaceError {
  if (error instanceof StreamSpaceError) return error;
  const systemCode = systemCodeOf(error) ?? "unknown error";
  const options = { cause: error };
  switch (systemCode) {
    case "ENOSPC":
    case "EDQUOT":
      return new StreamSpaceError("disk-full", "the disk is full", options);
    case "EFBIG":
      return new StreamSpaceError(
        "too-large",
        "the file system takes no file of this size",
        options,
      );
    case "ENAMETOOLONG":
    case "EINVAL":
    case "EILSEQ":
      return new StreamSpaceError(
        "bad-name",
        `the file system does not take the name (${systemCode})`,
        options,
      );
    case "ENOENT":
    case "ELOOP":
      return new StreamSpaceError(
        "no-file",
        `there is no such file (${systemCode})`,
        options,
      );
    default:
      return new StreamSpaceError(
        "unwritable",
        `the folder cannot be used (${systemCode})`,
        options,
      );
  }
}

/**
 * Waits for work on the disk.
 * @param undo is given what comes too late.
 * @throws StreamSpaceError as {@link diskError}, and `timeout`.
 */
export async function onDisk<T>(
  work: Promise<T>,
  undo: (late: T) => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  try {
    return await withDeadline(work, {
      timeoutMs: diskTimeoutMs,
      what: "an answer of the disk",
    });
  } catch (error) {
    // Without effect where the work itself has failed.
    work.then(undo).catch(() => undefined);
    throw diskError(error);
  }
}
