/**
 * What may become of the user's microphone.
 */

/** Why a microphone could not be had. */
export type MicrophoneTrouble =
  /** The user, or a rule of the page, does not allow it. */
  | "denied"
  /** There is no device, or another program has it. */
  | "missing"
  /** Browsers give a microphone to pages by HTTPS, and of this machine, only. */
  | "insecure";

export type MicrophoneState =
  /** The session has none, or this token may not speak. */
  | "unavailable"
  | "off"
  /** The browser asks the user. */
  | "asking"
  /** The session hears the user. */
  | "on"
  /** It would, and will again: the connection carries nothing at the moment. */
  | "interrupted"
  | MicrophoneTrouble
  /** There is no connection that carries sound to the session. */
  | "unreachable"
  /** Another viewer speaks now. */
  | "taken"
  /** Who does not control the session does not speak. */
  | "no-control";

/** Whether the browser listens in this state, or is about to. */
export function isMicrophoneOpen(state: MicrophoneState): boolean {
  return state === "on" || state === "asking" || state === "interrupted";
}

/** What an error of `getUserMedia` means (Media Capture and Streams, section 9.2.3). */
export function troubleOf(error: unknown): MicrophoneTrouble {
  const name = error instanceof Error ? error.name : "";
  return name === "NotAllowedError" || name === "SecurityError"
    ? "denied"
    : "missing";
}
