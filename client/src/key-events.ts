/**
 * What a key event is, beyond the key: whose it is, and how the locks are. Pure.
 */
import type { KeyLocks } from "../../signaling/protocol.ts";

/** The fields of a KeyboardEvent that matter. */
export interface KeyReading {
  readonly altKey: boolean;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly isComposing: boolean;
  readonly key: string;
  /** Deprecated, and the only word of some browsers. */
  readonly keyCode: number;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  getModifierState(name: string): boolean;
}

/** Browsers report so what an input method has taken (UI Events, section 7.3.1). */
const processedKeyCode = 229;

/** Whether the event belongs to an input method or begins a dead key; the text field reports what comes of it. */
export function isForInputMethod(event: KeyReading): boolean {
  return (
    event.isComposing ||
    event.keyCode === processedKeyCode ||
    event.key === "Process" ||
    event.key === "Dead"
  );
}

/** The locks, or `undefined` at the keys that change them: browsers do not agree whether that has happened yet. */
export function readLocks(
  event: KeyReading,
  hasNumLock: boolean,
): KeyLocks | undefined {
  if (event.key === "CapsLock" || event.key === "NumLock") return undefined;
  const capsLock = event.getModifierState("CapsLock");
  return hasNumLock
    ? { capsLock, numLock: event.getModifierState("NumLock") }
    : { capsLock };
}

/**
 * Control, Alt, Shift and M: the way from the session to the page's own controls for those who have no
 * pointer (WCAG 2.1.2, No Keyboard Trap).
 */
export function isLeaveChord(event: KeyReading): boolean {
  return (
    event.ctrlKey && event.altKey && event.shiftKey && event.code === "KeyM"
  );
}
