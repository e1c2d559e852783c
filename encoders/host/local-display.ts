/**
 * Displays on this machine (X(7), "DISPLAY NAMES"), the only ones the host can capture.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";

/**
 * Number of a display on this machine: 7 for `:7` and `unix:7.0`.
 * @throws StreamSpaceError `display-unreachable` for others: shared memory does not cross machines.
 */
export function localDisplayNumber(display: string): number {
  const number = /^(?:unix\/?)?:(\d{1,5})(?:\.0)?$/.exec(display)?.[1];
  if (number === undefined) {
    throw new StreamSpaceError(
      "display-unreachable",
      `"${display}" is not screen 0 of a display on this machine`,
    );
  }
  return Number(number);
}
