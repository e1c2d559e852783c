/**
 * From the names of `KeyboardEvent.key` to X11 keysyms, for keys that are sent without being pressed. Pure.
 */

/** More at once is no combination. */
export const maxKeys = 8;

/** X11's keysymdef.h. */
const named: Readonly<Record<string, number>> = {
  Backspace: 0xff08,
  Tab: 0xff09,
  Enter: 0xff0d,
  Pause: 0xff13,
  ScrollLock: 0xff14,
  Escape: 0xff1b,
  Home: 0xff50,
  ArrowLeft: 0xff51,
  ArrowUp: 0xff52,
  ArrowRight: 0xff53,
  ArrowDown: 0xff54,
  PageUp: 0xff55,
  PageDown: 0xff56,
  End: 0xff57,
  PrintScreen: 0xff61,
  Insert: 0xff63,
  ContextMenu: 0xff67,
  Shift: 0xffe1,
  Control: 0xffe3,
  Alt: 0xffe9,
  Meta: 0xffeb,
  AltGraph: 0xfe03,
  Delete: 0xffff,
};

/**
 * The keysym of the key with this name, of a function key, or of a single character.
 * @throws RangeError where there is none. The message does not repeat the name, which may be typed text.
 */
export function keysymNamed(name: string): number {
  const known = Object.hasOwn(named, name) ? named[name] : undefined;
  if (known !== undefined) return known;
  const functionKey = /^F([1-9]|1\d|2[0-4])$/.exec(name)?.[1];
  if (functionKey !== undefined) return 0xffbd + Number(functionKey);
  const codePoint = name.codePointAt(0);
  if (codePoint === undefined || String.fromCodePoint(codePoint) !== name)
    throw new RangeError("there is no key of this name");
  return keysymOf(codePoint);
}

/**
 * The keysyms of a combination, in the order in which its keys are pressed.
 * @throws RangeError as {@link keysymNamed}, and for more than {@link maxKeys}.
 */
export function keysymsNamed(names: readonly string[]): number[] {
  if (names.length > maxKeys)
    throw new RangeError(`a combination has at most ${maxKeys} keys`);
  return names.map(keysymNamed);
}

/** X11 protocol, appendix A: Latin-1 stands for itself, the rest of Unicode lies above 0x1000000. */
function keysymOf(codePoint: number): number {
  const isLatin1 =
    (codePoint >= 0x20 && codePoint <= 0x7e) ||
    (codePoint >= 0xa0 && codePoint <= 0xff);
  if (isLatin1) return codePoint;
  if (codePoint < 0x100 || (codePoint >= 0xd800 && codePoint <= 0xdfff))
    throw new RangeError("a control character is no key");
  return 0x100_0000 + codePoint;
}
