/**
 * The one error type of the agent.
 *
 * Every failure that crosses a module boundary is a {@link StreamSpaceError} with a code from
 * {@link ErrorCode}, so that callers branch on a documented word and never on a message.
 */

/**
 * What went wrong, as a word that code may branch on.
 *
 * - `aborted`: the caller's `AbortSignal` fired while waiting.
 * - `timeout`: a deadline passed; the message names what was waited for and for how long.
 * - `closed`: the object was used after `close()`.
 * - `config`: one or more settings are wrong; the message lists all of them.
 * - `missing-program`: a program that must be installed is not.
 * - `missing-element`: GStreamer lacks an element that a pipeline needs.
 * - `spawn-failed`: the operating system refused to start a child.
 * - `child-exited`: a child ended although it was needed; the message carries its last lines.
 * - `display-unreachable`: the X display does not answer.
 * - `sound-unreachable`: the PulseAudio server does not answer.
 * - `port-taken`: another process listens on the port.
 * - `listen-failed`: the listener could not be opened for another reason.
 * - `unwritable`: a directory cannot be created or written.
 * - `unauthorized`: a credential is missing or wrong.
 * - `bad-message`: a message does not follow the protocol.
 * - `negotiation-failed`: the peers have no codec in common, or SDP/ICE was refused.
 * - `no-selection`: no program gives what was asked of an X selection.
 * - `too-large`: content is larger than the settings allow.
 * - `bad-name`: a file may not have this name.
 * - `no-file`: there is no regular file of this name.
 * - `too-many`: there are as many as are allowed: files in a folder, tokens that wait.
 * - `disk-full`: the disk has no room, or less than is to stay free.
 * - `vnc-unavailable`: no VNC server of those that are allowed works here.
 * - `internal`: a defect of the agent itself.
 */
export type ErrorCode =
  | "aborted"
  | "timeout"
  | "closed"
  | "config"
  | "missing-program"
  | "missing-element"
  | "spawn-failed"
  | "child-exited"
  | "display-unreachable"
  | "sound-unreachable"
  | "port-taken"
  | "listen-failed"
  | "unwritable"
  | "unauthorized"
  | "bad-message"
  | "negotiation-failed"
  | "no-selection"
  | "too-large"
  | "bad-name"
  | "no-file"
  | "too-many"
  | "disk-full"
  | "vnc-unavailable"
  | "internal";

/** An error with a documented code and, where there was one, the original error as `cause`. */
export class StreamSpaceError extends Error {
  override readonly name = "StreamSpaceError";
  readonly code: ErrorCode;
  /** What a person can do about it, as one sentence; absent where nothing sensible can be said. */
  readonly mend: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; mend?: string } = {},
  ) {
    super(
      message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.mend = options.mend;
  }
}

/** Returns `error` as a {@link StreamSpaceError}; anything else is wrapped as `internal`. */
export function toStreamSpaceError(error: unknown): StreamSpaceError {
  if (error instanceof StreamSpaceError) return error;
  return new StreamSpaceError("internal", messageOf(error), { cause: error });
}

/** The message of anything that was thrown, an `Error` or not. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a wait was given up because its deadline had passed. */
export function isTimeout(error: unknown): boolean {
  return error instanceof StreamSpaceError && error.code === "timeout";
}

/** The `code` of a Node system error (`ENOENT`, `EADDRINUSE`, …), or `undefined`. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error &&
    "code" in error &&
    typeof error.code === "string"
    ? error.code
    : undefined;
}
