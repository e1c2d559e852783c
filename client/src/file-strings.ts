/**
 * What is said of files on their way. Pure.
 */
import type { BatchOutcome } from "./file-queue.ts";
import type { FileProblem } from "./file-transfers.ts";
import type { FilesNotice } from "./files-state.ts";
import { strings } from "./strings.ts";

const units = ["kB", "MB", "GB", "TB"];

/** A size of a file, rounded. */
export function bytesWords(bytes: number): string {
  return inUnit(bytes, (value) => value.toFixed(value < 9.95 ? 1 : 0));
}

/** The most bytes there may be, rounded down: what is said must be allowed. */
export function limitWords(bytes: number): string {
  return inUnit(bytes, (value, unit) => {
    const steps = value < 10 ? 100 : value < 100 ? 10 : 1;
    // Divided once: a quotient of a quotient may fall just below what it stands for.
    return String(Math.floor(bytes / (unit / steps)) / steps);
  });
}

/** In the smallest unit that leaves less than a thousand, as it is written. */
function inUnit(
  bytes: number,
  write: (value: number, unit: number) => string,
): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  for (const [at, name] of units.entries()) {
    const unit = 1_000 ** (at + 1);
    const value = write(bytes / unit, unit);
    if (Number(value) < 1_000 || at === units.length - 1)
      return `${value} ${name}`;
  }
  return "";
}

/** Why a file did not get to the other side. @param maxBytes the most bytes of one. */
export function fileProblemWords(
  problem: FileProblem,
  maxBytes: number,
): string {
  switch (problem) {
    case "not-allowed":
      return "This session does not allow it.";
    case "bad-name":
      return "A file in the session may not have this name.";
    case "too-large":
      return `It is larger than this session takes (${limitWords(maxBytes)}).`;
    case "too-many":
      return "The session’s folder has as many files as it may have.";
    case "disk-full":
      return "The session’s disk has no room for it.";
    case "busy":
      return "Others are moving files. Try again in a moment.";
    case "not-found":
      return "It is not in the session’s folder any more.";
    case "unavailable":
      return "The session’s folder cannot be used at the moment.";
    case "unreadable":
      return "The browser could not read it. It may have changed, or be no file.";
    case "lost":
      return "The connection was lost on the way.";
    case "cancelled":
      return "Cancelled.";
    case "failed":
      return "It did not get through.";
  }
}

const foldersNotTaken =
  "Folders are not taken: drop the files that are in them.";

/** What the page says when files have moved, or do not. */
export function filesNoticeWords(notice: FilesNotice): string {
  switch (notice.kind) {
    case "folders":
      return foldersNotTaken;
    case "too-many-at-once":
      return `At most ${notice.most} files at once: the rest was left out.`;
    case "not-taken":
      return `${strings.filesNotTaken}.`;
    case "ended":
      return [
        batchWords(notice.outcome, notice.maxBytes),
        ...(notice.leftFolders ? [foldersNotTaken] : []),
      ].join(" ");
  }
}

function batchWords(
  { direction, done, failed }: BatchOutcome,
  maxBytes: number,
): string {
  const where =
    direction === "upload" ? "in the session’s folder" : "on this device";
  const [problem] = failed;
  if (problem === undefined)
    return done.length === 1
      ? `${done[0] ?? ""} is ${where}.`
      : `${done.length} files are ${where}.`;
  const why = fileProblemWords(problem.problem, maxBytes);
  const count = done.length + failed.length;
  return count === 1
    ? `${problem.name}: ${why}`
    : `${failed.length} of ${count} files are not ${where}. ${problem.name}: ${why}`;
}
