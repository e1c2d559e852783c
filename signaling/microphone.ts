/**
 * What signaling wants of the session for a viewer who speaks.
 */

/** One viewer's way to the session's microphone. Only one is heard at a time. */
export interface MicrophoneLine {
  /** An RTP packet of Opus with a plain 12-byte header. Called on the packet path; must not throw. */
  push(packet: Buffer): void;
  /** The viewer has left; idempotent. */
  close(): void;
}

/** The session's microphone. */
export interface SessionMicrophone {
  openLine(): MicrophoneLine;
}
