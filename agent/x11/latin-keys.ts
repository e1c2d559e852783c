/**
 * The Latin letter that is printed on a key beside one of another alphabet. Pure.
 */
import { keysymToCodePoint } from "./keysym.ts";

/** Last of the Latin letters that keyboards have, Latin Extended-B. */
const lastLatin = 0x24f;

/** The keysym of the letter on a physical key (`KeyboardEvent.code`), where `keysym` is of another alphabet. */
export function latinKeysymOf(
  keysym: number,
  code: string,
): number | undefined {
  const codePoint = keysymToCodePoint(keysym);
  if (codePoint === undefined || codePoint <= lastLatin) return undefined;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  return letter?.toLowerCase().charCodeAt(0);
}
