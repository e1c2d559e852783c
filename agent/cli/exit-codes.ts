/**
 * What the exit codes of `streamspace-agent` mean; numbers above 63 are those of sysexits.h.
 *
 * | code | meaning                                                                                  |
 * | ---- | ---------------------------------------------------------------------------------------- |
 * | 0    | done, healthy, or ended as asked                                                         |
 * | 1    | failed: unhealthy, `doctor` found a problem, or a failure without a code of its own      |
 * | 69   | something needed is not there: a program, a GStreamer element, the display, the sound    |
 * | 70   | a defect of the agent                                                                    |
 * | 71   | the operating system refused: a process, a socket                                        |
 * | 73   | a directory or file cannot be written                                                    |
 * | 75   | the port is taken; it may be free later                                                  |
 * | 77   | a credential is missing or wrong                                                         |
 * | 78   | the configuration is wrong: a flag, a variable, or the way a command is written          |
 */
import type { ErrorCode } from "../base/errors.ts";

export const exitCodes = {
  ok: 0,
  failure: 1,
  unavailable: 69,
  defect: 70,
  system: 71,
  unwritable: 73,
  portTaken: 75,
  unauthorized: 77,
  config: 78,
} as const;

const exitCodeOfError: Readonly<Record<ErrorCode, number>> = {
  aborted: exitCodes.failure,
  timeout: exitCodes.failure,
  closed: exitCodes.failure,
  config: exitCodes.config,
  "missing-program": exitCodes.unavailable,
  "missing-element": exitCodes.unavailable,
  "spawn-failed": exitCodes.system,
  "child-exited": exitCodes.unavailable,
  "display-unreachable": exitCodes.unavailable,
  "sound-unreachable": exitCodes.unavailable,
  "port-taken": exitCodes.portTaken,
  "listen-failed": exitCodes.system,
  unwritable: exitCodes.unwritable,
  unauthorized: exitCodes.unauthorized,
  "bad-message": exitCodes.failure,
  "negotiation-failed": exitCodes.failure,
  "no-selection": exitCodes.failure,
  "bad-name": exitCodes.failure,
  "no-file": exitCodes.failure,
  "too-many": exitCodes.failure,
  "disk-full": exitCodes.failure,
  "too-large": exitCodes.failure,
  "vnc-unavailable": exitCodes.unavailable,
  internal: exitCodes.defect,
};

/** The exit code for an error that ended a command. */
export function exitCodeOf(code: ErrorCode): number {
  return exitCodeOfError[code];
}
