/**
 * The way to a viewer that was let in.
 */
import type { CloseReason, ErrorName, ServerMessage } from "./protocol.ts";

/** The way to the viewer, and what is known of it. Without effect after the viewer has left. */
export interface ViewerLine {
  send(message: ServerMessage): void;
  sendFrame(frame: Uint8Array): void;
  report(error: ErrorName, message: string, about?: string): void;
  /** Reports, and ends the visit. */
  refuse(
    error: ErrorName,
    message: string,
    reason: CloseReason,
    about?: string,
  ): void;
  /** To be asked before each message that does not come by the WebSocket; `false` where there are too many. */
  mayHandle(): boolean;
  /** Since anything was heard of the viewer. */
  silenceMs(): number;
}
