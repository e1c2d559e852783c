/**
 * `window.streamspace`: what tests and embedding pages may read, and what they may do of clipboard, keys, files, microphone
 * and sharing.
 */
import type { ClipboardControl } from "./clipboard.ts";
import type { ConnectionState } from "./connection.ts";
import type { PictureTransport } from "./picture-transport.ts";
import type { Files } from "./files.ts";
import type { SessionMicrophone } from "./library/api.ts";
import type { KeyboardControls } from "./panel/keyboard-section.ts";
import type { Sharing } from "./sharing.ts";
import type { StatsSnapshot } from "./stats.ts";

export interface PageHandle {
  /** The state of the connection; `kind` is one of those in `connection.ts`. */
  readonly state: ConnectionState;
  /** The figures of the last second, or `undefined` without a connection. */
  readonly stats: StatsSnapshot | undefined;
  /** The element that shows the picture. */
  readonly video: HTMLVideoElement;
  /** The element that plays the sound. */
  readonly audio: HTMLAudioElement;
  /** Size of the remote screen in pixels, as the agent says it. */
  readonly screen:
    { readonly width: number; readonly height: number } | undefined;
  /** By which way picture and sound come; `undefined` while there is no picture. */
  readonly transport: PictureTransport | undefined;
  /** The session's clipboard; what it may do is decided by the agent. */
  readonly clipboard: ClipboardControl;
  /** Combinations of keys, modes of the pointer, the session's layout. */
  readonly keyboard: KeyboardControls;
  /** Files into the session and out of it; what may be done is decided by the agent. */
  readonly files: Files;
  /** The user's microphone. */
  readonly microphone: SessionMicrophone;
  /** Who is here and who may act. */
  readonly sharing: Sharing;
}

declare global {
  interface Window {
    readonly streamspace?: PageHandle;
  }
}

/** Puts the handle in its place. */
export function exposePageHandle(handle: PageHandle): void {
  Object.defineProperty(window, "streamspace", {
    value: Object.freeze(handle),
    enumerable: true,
  });
}
