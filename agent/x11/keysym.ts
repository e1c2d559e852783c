/**
 * What keysyms mean (X11 protocol, appendix A). Pure.
 *
 * A keysym names the symbol on a key. Latin-1 characters are their own keysyms; older alphabets have ranges
 * of their own; every other character of Unicode is 0x01000000 plus its code point.
 */

export const keysyms = {
  noSymbol: 0,
  backSpace: 0xff08,
  tab: 0xff09,
  return: 0xff0d,
  capsLock: 0xffe5,
  numLock: 0xff7f,
  shiftL: 0xffe1,
  shiftR: 0xffe2,
  controlL: 0xffe3,
  /** AltGr on most layouts. */
  isoLevel3Shift: 0xfe03,
  isoLevel5Shift: 0xfe11,
} as const;

const unicodeBase = 0x0100_0000;
const maxCodePoint = 0x10_ffff;

/** Character sets of the appendix whose low byte is that of an ISO 8859 part. */
const isoParts: readonly (readonly [page: number, encoding: string])[] = [
  [0x01, "iso-8859-2"],
  [0x02, "iso-8859-3"],
  [0x03, "iso-8859-4"],
  [0x0c, "iso-8859-8"],
];

/** Rows of the appendix as text; a space is a place that means nothing. */
const rows: readonly (readonly [first: number, text: string])[] = [
  [
    0x04a1,
    "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜",
  ],
  [0x05ac, "،"],
  [0x05bb, "؛"],
  [0x05bf, "؟"],
  [0x06a1, "ђѓёєѕіїјљњћќґўџ№ЂЃЁЄЅІЇЈЉЊЋЌҐЎЏ"],
  [0x06c0, "юабцдефгхийклмнопярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧЪ"],
  [0x07a1, "ΆΈΉΊΪ ΌΎΫ Ώ  ΅― άέήίϊΐόύϋΰώ"],
  [0x07c1, "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣ ΤΥΦΧΨΩ"],
  [0x07e1, "αβγδεζηθικλμνξοπρσςτυφχψω"],
  [0x08bc, "≤≠≥∫∴∝∞"],
  [0x08c5, "∇"],
  [0x08cd, "⇔⇒≡"],
  [0x08d6, "√"],
  [0x08da, "⊂⊃∩∪∧∨"],
  [0x08ef, "∂"],
  [0x08f6, "ƒ"],
  [0x08fb, "←↑→↓"],
  [0x0aa1, "\u2003\u2002\u2004\u2005\u2007\u2008\u2009\u200a—–"],
  [0x0aae, "…‥⅓⅔⅕⅖⅗⅘⅙⅚℅"],
  [0x0ac3, "⅛⅜⅝⅞"],
  [0x0ac9, "™"],
  [0x0ad0, "‘’“”"],
  [0x0ad4, "℞‰′″"],
  [0x0ae6, "•"],
  [0x0aec, "♣♦♥"],
  [0x0af1, "†‡"],
  [0x0af7, "♂♀"],
  [0x0afd, "‚„"],
  [0x0bc4, "⌊"],
  [0x0bca, "∘"],
  [0x0bd3, "⌈"],
  [0x13bc, "ŒœŸ"],
  [0x20a0, "₠₡₢₣₤₥₦₧₨₩₪₫€"],
];

const codePoints = buildCodePoints();

function buildCodePoints(): ReadonlyMap<number, number> {
  const map = new Map<number, number>();
  for (const [page, encoding] of isoParts) {
    const decoder = new TextDecoder(encoding);
    for (let low = 0xa1; low <= 0xff; low += 1) {
      const text = decoder.decode(Uint8Array.of(low));
      const codePoint = text.codePointAt(0) ?? 0xfffd;
      if (codePoint !== 0xfffd) map.set((page << 8) | low, codePoint);
    }
  }
  // Arabic is in the order of ISO 8859-6, Thai in that of TIS 620, both at one distance from Unicode.
  for (let low = 0xc1; low <= 0xf2; low += 1)
    if (low <= 0xda || low >= 0xe0) map.set(0x0500 | low, 0x0600 + low - 0xa0);
  for (let low = 0xa1; low <= 0xf9; low += 1)
    map.set(0x0d00 | low, 0x0e00 + low - 0xa0);
  for (const [first, text] of rows) {
    for (let index = 0; index < text.length; index += 1) {
      const codePoint = text.charCodeAt(index);
      if (codePoint !== 0x20) map.set(first + index, codePoint);
    }
  }
  return map;
}

/** The other way round; a character that is in several sets has its keysym in the first. */
const olderKeysyms: ReadonlyMap<number, number> = new Map(
  [...codePoints].reverse().map(([keysym, codePoint]) => [codePoint, keysym]),
);

/** The character a keysym stands for, or `undefined` for a function key, a dead key or an unknown one. */
export function keysymToCodePoint(keysym: number): number | undefined {
  if (isLatin1(keysym)) return keysym;
  if (keysym > unicodeBase && keysym <= unicodeBase + maxCodePoint)
    return keysym - unicodeBase;
  if (keysym >= 0xffaa && keysym <= 0xffb9) return keysym - 0xff80; // KP_Multiply … KP_9
  if (keysym === 0xffbd) return 0x3d; // KP_Equal
  return codePoints.get(keysym);
}

/** The keysym of a character that every X client understands. */
export function codePointToKeysym(codePoint: number): number {
  return isLatin1(codePoint) ? codePoint : unicodeBase + codePoint;
}

/** The keysyms that type a text. Line feeds are Return; other control characters are left out. */
export function keysymsOfText(text: string): number[] {
  const typed: number[] = [];
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    if (character === "\n") typed.push(keysyms.return);
    else if (character === "\t") typed.push(keysyms.tab);
    else if (codePoint >= 0x20 && codePoint !== 0x7f && !isSurrogate(codePoint))
      typed.push(codePointToKeysym(codePoint));
  }
  return typed;
}

function isSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint <= 0xdfff;
}

/**
 * One keysym for all that mean the same character, so that `Cyrillic_a` (0x6c1) and 0x01000430 are found
 * as one. Keypad keys stay apart: programs tell them from the digits.
 */
export function canonicalKeysym(keysym: number): number {
  if (keysym >= 0xff00 && keysym <= 0xffff) return keysym;
  const codePoint = keysymToCodePoint(keysym);
  return codePoint === undefined ? keysym : codePointToKeysym(codePoint);
}

/**
 * Whether it matters on which level of a key the keysym is: characters and dead keys. For all others
 * (Tab, arrows, modifiers) Shift is part of what the user means, not of how the symbol is reached.
 */
export function isLevelSensitive(keysym: number): boolean {
  if (keysym < 0xfd00 || keysym > 0xffff) return keysym < 0x1000_0000;
  return isDeadKey(keysym) || isKeypadDigit(keysym);
}

function isDeadKey(keysym: number): boolean {
  return keysym >= 0xfe50 && keysym <= 0xfe93;
}

/** KP_Separator, KP_Decimal, KP_0 to KP_9: on the level that Num Lock chooses. */
function isKeypadDigit(keysym: number): boolean {
  return (
    keysym === 0xffac ||
    keysym === 0xffae ||
    (keysym >= 0xffb0 && keysym <= 0xffb9)
  );
}

/** Whether a keysym is of the keypad, whose second level Num Lock chooses (X11 protocol, section 5). */
export function isKeypad(keysym: number): boolean {
  return keysym >= 0xff80 && keysym <= 0xffbd;
}

/**
 * The lower and upper case of a letter as keysyms; `undefined` for what has no case.
 *
 * In the older keysyms where there are some: an X server knows the cases of those only, and lets Caps Lock
 * choose the level of a key only if it sees that its two keysyms are a letter's.
 */
export function caseOf(
  keysym: number,
): { lower: number; upper: number } | undefined {
  if (keysym >= 0xff00 && keysym <= 0xffff) return undefined;
  const codePoint = keysymToCodePoint(keysym);
  if (codePoint === undefined) return undefined;
  const character = String.fromCodePoint(codePoint);
  const lower = singleCodePoint(character.toLowerCase());
  const upper = singleCodePoint(character.toUpperCase());
  if (lower === undefined || upper === undefined || lower === upper)
    return undefined;
  // "ſ" and "µ" have an upper case that does not lead back to them.
  if (codePoint !== lower && codePoint !== upper) return undefined;
  if (singleCodePoint(String.fromCodePoint(upper).toLowerCase()) !== lower)
    return undefined;
  return { lower: letterKeysym(lower), upper: letterKeysym(upper) };
}

/** Whether clients show another character for it while Caps Lock is on and the key itself leaves that to them. */
export function changesWithCase(keysym: number): boolean {
  if (keysym >= 0xff00 && keysym <= 0xffff) return false;
  const codePoint = keysymToCodePoint(keysym);
  if (codePoint === undefined) return false;
  const character = String.fromCodePoint(codePoint);
  return character.toUpperCase() !== character;
}

function letterKeysym(codePoint: number): number {
  if (isLatin1(codePoint)) return codePoint;
  return olderKeysyms.get(codePoint) ?? codePointToKeysym(codePoint);
}

function singleCodePoint(text: string): number | undefined {
  const codePoint = text.codePointAt(0);
  return codePoint !== undefined &&
    text.length === String.fromCodePoint(codePoint).length
    ? codePoint
    : undefined;
}

function isLatin1(value: number): boolean {
  return (value >= 0x20 && value <= 0x7e) || (value >= 0xa0 && value <= 0xff);
}
