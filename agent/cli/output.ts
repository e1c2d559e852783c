/**
 * What the commands write: results to standard output, everything else to standard error.
 */
import type { StreamSpaceError } from "../base/errors.ts";

/** Where a command writes; tests collect it. */
export interface Output {
  /** A line of the result. */
  result(line: string): void;
  /** A line for the person at the terminal. */
  note(line: string): void;
}

/** The streams of this process. */
export const processOutput: Output = {
  result(line) {
    process.stdout.write(`${line}\n`);
  },
  note(line) {
    process.stderr.write(`${line}\n`);
  },
};

/** Says what went wrong and how to mend it; the stack only where the agent itself is at fault. */
export function reportError(error: StreamSpaceError, output: Output): void {
  output.note(`streamspace-agent: ${error.message}`);
  if (error.mend !== undefined) output.note(error.mend);
  if (error.code !== "internal") return;
  const origin = error.cause instanceof Error ? error.cause : error;
  if (origin.stack !== undefined) output.note(origin.stack);
}
