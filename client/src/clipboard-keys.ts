/**
 * Which keys mean "paste" and "copy". Pure.
 */
import type { Combination, Key } from "./key-gate.ts";

/** The part of a KeyboardEvent that counts. */
export interface Chord {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

const keysyms = {
  control: 0xffe3,
  shift: 0xffe1,
  insert: 0xff63,
  lowerV: 0x76,
  upperV: 0x56,
} as const;
const control: Key = { keysym: keysyms.control, code: "ControlLeft" };
const shift: Key = { keysym: keysyms.shift, code: "ShiftLeft" };
const metaCodes = ["MetaLeft", "MetaRight"] as const;

/** The combination of X programs that these keys stand for, or `undefined` where they do not mean "paste". */
export function pasteCombination(
  chord: Chord,
  isMac: boolean,
): Combination | undefined {
  const { code, ctrlKey, shiftKey, altKey, metaKey } = chord;
  if (altKey) return undefined;
  if (code === "Insert" && shiftKey && !ctrlKey && !metaKey)
    return { modifiers: [shift], key: { keysym: keysyms.insert, code } };
  if (!isLetter(chord, "v")) return undefined;
  const isMacs = isMac && metaKey && !ctrlKey;
  if (!isMacs && (!ctrlKey || metaKey)) return undefined;
  return {
    modifiers: shiftKey ? [control, shift] : [control],
    key: { keysym: shiftKey ? keysyms.upperV : keysyms.lowerV, code },
    // A Mac's Command is held, and is another key in the session.
    ...(isMacs ? { without: metaCodes } : {}),
  };
}

/** A paste that was asked for without keys, e.g. in a menu of the browser. */
export const usualPaste: Combination = {
  modifiers: [control],
  key: { keysym: keysyms.lowerV, code: "KeyV" },
};

/** Whether the keys mean "copy" or "cut". */
export function isCopyChord(chord: Chord): boolean {
  const { code, ctrlKey, altKey, metaKey } = chord;
  if (altKey || (!ctrlKey && !metaKey)) return false;
  return code === "Insert" || isLetter(chord, "c") || isLetter(chord, "x");
}

/** By meaning, and by place where the layout has no Latin letters. */
function isLetter({ key, code }: Chord, letter: string): boolean {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase() === letter;
  return code === `Key${letter.toUpperCase()}`;
}
