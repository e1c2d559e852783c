/**
 * Loggers for tests: one that says nothing, and one that remembers.
 */
import { createLogger, type Logger } from "../../agent/base/log.ts";

/** Says nothing. */
export const silentLog: Logger = createLogger({
  level: "silent",
  format: "json",
});

/** A logger and every line it has written, as JSON text. */
export function recordingLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = createLogger({
    level: "trace",
    format: "json",
    destination: {
      write: (line) => {
        lines.push(line);
      },
    },
  });
  return { log, lines };
}
