/**
 * Structured logging through pino.
 *
 * Nothing secret may reach a log: tokens, key strokes, clipboard contents and SDP are never passed to
 * it, and {@link redactedPaths} is the safety net for objects that might carry one by accident.
 */
import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";
import { PinoPretty } from "pino-pretty";

/** The logger that is handed to every part of the agent; `child({ part })` names the part. */
export type Logger = PinoLogger;

export const logLevels = [
  "trace",
  "debug",
  "info",
  "warn",
  "error",
  "fatal",
  "silent",
] as const;
export type LogLevel = (typeof logLevels)[number];

/** `json` for machines, `pretty` for people, `auto`: pretty where the output is a terminal. */
export const logFormats = ["auto", "json", "pretty"] as const;
export type LogFormat = (typeof logFormats)[number];

const secretKeys = [
  "token",
  "password",
  "credential",
  "authorization",
  "sdp",
  "text",
  "keysym",
];

/** Paths whose values pino replaces. Wildcards reach two levels deep. */
export const redactedPaths: readonly string[] = secretKeys.flatMap((key) => [
  key,
  `*.${key}`,
  `*.*.${key}`,
]);

/** Creates the root logger; it writes to standard error, so that standard output stays for results. */
export function createLogger(options: {
  level: LogLevel;
  format: LogFormat;
  destination?: DestinationStream;
}): Logger {
  const pretty =
    options.format === "pretty" ||
    (options.format === "auto" && process.stderr.isTTY);
  const destination =
    options.destination ??
    (pretty
      ? PinoPretty({
          destination: 2,
          sync: true,
          ignore: "pid,hostname",
          translateTime: "HH:MM:ss.l",
        })
      : pino.destination({ dest: 2, sync: true }));
  return pino(
    {
      level: options.level,
      redact: { paths: [...redactedPaths], censor: "[redacted]" },
    },
    destination,
  );
}
