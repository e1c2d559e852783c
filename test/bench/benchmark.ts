/**
 * What a benchmark is to the command line: one file in `commands/` exports one.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";

export interface Benchmark {
  /** The word on the command line. */
  name: string;
  /** One line for the list of benchmarks. */
  summary: string;
  /** The help text. */
  usage: string;
  /**
   * Runs it to the end and prints the result on standard output.
   * @param args what follows the name.
   * @throws StreamSpaceError `config` where `args` are wrong.
   */
  run(args: readonly string[], signal: AbortSignal): Promise<void>;
}

/** The error for a command line that cannot be understood. */
export function usageError(message: string): StreamSpaceError {
  return new StreamSpaceError("config", message);
}
