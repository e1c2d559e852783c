/**
 * The way out of the remote desktop by keyboard.
 */

/** What of a key event matters. */
export interface LeaveKeyEvent {
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
}

/** Whether a key press is the way out: Control, Alt, Shift and M, as on the main page. Pure. */
export function wantsOut(event: LeaveKeyEvent): boolean {
  const { code, ctrlKey, altKey, shiftKey, metaKey } = event;
  return code === "KeyM" && ctrlKey && altKey && shiftKey && !metaKey;
}

/** Keysyms (keysymdef.h) and codes of the keys that are held then. */
const modifiers = [
  [0xffe3, "ControlLeft"],
  [0xffe4, "ControlRight"],
  [0xffe9, "AltLeft"],
  [0xffea, "AltRight"],
  [0xffe1, "ShiftLeft"],
  [0xffe2, "ShiftRight"],
] as const;

/** Releases them in the session, which would not see their releases. */
export function releaseModifiers(keys: {
  sendKey(keysym: number, code: string | null, down: boolean): void;
}): void {
  for (const [keysym, code] of modifiers) keys.sendKey(keysym, code, false);
}
