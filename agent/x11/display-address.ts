/**
 * Where the socket of an X display is (X(7), "DISPLAY NAMES").
 */
import { StreamSpaceError } from "../base/errors.ts";

/** What a display name means. */
export interface DisplayAddress {
  /** Number of the display: 7 in `:7.0`. */
  displayNumber: number;
  screenNumber: number;
  /** Where to connect to. */
  endpoint: { path: string } | { host: string; port: number };
}

const displayName =
  /^(?:(?<protocol>unix|tcp)\/)?(?<host>[^:/]*|\[[^\]]*\]):(?<display>\d{1,5})(?:\.(?<screen>\d{1,3}))?$/;

/**
 * Reads `:7`, `:7.0`, `unix/:7`, `host:7` and `tcp/host:7`.
 * @throws StreamSpaceError `display-unreachable` for anything else.
 */
export function parseDisplay(display: string): DisplayAddress {
  const groups = displayName.exec(display)?.groups;
  const displayNumber = Number(groups?.["display"]);
  if (!groups || displayNumber + 6000 > 65_535) {
    throw new StreamSpaceError(
      "display-unreachable",
      `"${display}" is not the name of an X display`,
      { mend: 'Give a display such as ":0" or "host:0".' },
    );
  }
  const host = groups["host"]?.replace(/^\[|\]$/g, "") ?? "";
  const local = groups["protocol"] === "unix" || host === "" || host === "unix";
  return {
    displayNumber,
    screenNumber: Number(groups["screen"] ?? 0),
    endpoint:
      local && groups["protocol"] !== "tcp"
        ? { path: `/tmp/.X11-unix/X${displayNumber}` }
        : {
            host: host === "" ? "localhost" : host,
            port: 6000 + displayNumber,
          },
  };
}
