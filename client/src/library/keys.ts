/**
 * From the names of `KeyboardEvent.key` to X11 keysyms, for keys that are sent without being pressed. Pure.
 */

/** A key as the protocol has it. */
export interface NamedKey {
  keysym: number;
  /** `KeyboardEvent.code` of a key that makes it. */
  code: string;
}

/** More at once is no combination. */
export const maxKeys = 8;

/** X11's keysymdef.h. */
const named: Readonly<Record<string, readonly [keysym: number, code: string]>> =
  {
    Backspace: [0xff08, "Backspace"],
    Tab: [0xff09, "Tab"],
    Enter: [0xff0d, "Enter"],
    Pause: [0xff13, "Pause"],
    ScrollLock: [0xff14, "ScrollLock"],
    Escape: [0xff1b, "Escape"],
    Home: [0xff50, "Home"],
    ArrowLeft: [0xff51, "ArrowLeft"],
    ArrowUp: [0xff52, "ArrowUp"],
    ArrowRight: [0xff53, "ArrowRight"],
    ArrowDown: [0xff54, "ArrowDown"],
    PageUp: [0xff55, "PageUp"],
    PageDown: [0xff56, "PageDown"],
    End: [0xff57, "End"],
    PrintScreen: [0xff61, "PrintScreen"],
    Insert: [0xff63, "Insert"],
    ContextMenu: [0xff67, "ContextMenu"],
    Shift: [0xffe1, "ShiftLeft"],
    Control: [0xffe3, "ControlLeft"],
    Alt: [0xffe9, "AltLeft"],
    Meta: [0xffeb, "MetaLeft"],
    AltGraph: [0xfe03, "AltRight"],
    Delete: [0xffff, "Delete"],
  };

/**
 * The key with this name, a function key, or a single character.
 * @throws RangeError where there is none. The message does not repeat the name, which may be typed text.
 */
export function keyNamed(name: string): NamedKey {
  const known = Object.hasOwn(named, name) ? named[name] : undefined;
  if (known !== undefined) return { keysym: known[0], code: known[1] };
  const functionKey = /^F([1-9]|1\d|2[0-4])$/.exec(name)?.[1];
  if (functionKey !== undefined)
    return { keysym: 0xffbd + Number(functionKey), code: name };
  const codePoint = name.codePointAt(0);
  if (codePoint === undefined || String.fromCodePoint(codePoint) !== name)
    throw new RangeError("there is no key of this name");
  return { keysym: keysymOf(codePoint), code: codeOf(name) };
}

/**
 * The keys of a combination, in the order in which they are pressed.
 * @throws RangeError as {@link keyNamed}, and for more than {@link maxKeys}.
 */
export function keysNamed(names: readonly string[]): NamedKey[] {
  if (names.length > maxKeys)
    throw new RangeError(`a combination has at most ${maxKeys} keys`);
  return names.map(keyNamed);
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

function codeOf(character: string): string {
  if (/^[a-z]$/i.test(character)) return `Key${character.toUpperCase()}`;
  if (/^\d$/.test(character)) return `Digit${character}`;
  return character === " " ? "Space" : "";
}
