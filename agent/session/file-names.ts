/**
 * Names of files that are exchanged with viewers. Pure.
 *
 * A name is one component of a path, shown in file managers and terminals, and read again by programs that glob: what would
 * mean something else there than it looks like is refused rather than changed.
 */

/** Linux: NAME_MAX, in bytes. */
const maxNameBytes = 255;

/**
 * Separators of this and of other systems; controls; halves of surrogate pairs; separators of lines and paragraphs; characters
 * that turn the direction of what follows, by which `exe.fdp` reads as `pdf.exe`; what decoders leave of bytes that are no
 * UTF-8.
 */
const forbidden =
  /[/\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/u;

/**
 * What shows nothing, so that a name looks like another or like none: what Unicode calls default-ignorable (U+200B, U+3164,
 * U+115F, …), and the blank of Braille. {@link meaningful} ones are no matter.
 */
const invisible = /[\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * Invisible characters that writing needs: a joiner or a variation selector after a letter, mark or picture of more than
 * ASCII (Persian, Malayalam, emoji); the selector of a keycap; the tags of a flag.
 */
const meaningful =
  /(?<=[^\p{ASCII}\p{Default_Ignorable_Code_Point}\p{Z}\u2800]\p{Variation_Selector}?)[\u200c\u200d]|(?<=[^\p{ASCII}\p{Default_Ignorable_Code_Point}\p{Z}\u2800])\p{Variation_Selector}|(?<=[\d#*])\ufe0f(?=\u20e3)|(?<=\u{1f3f4})[\u{e0030}-\u{e007a}]{1,8}\u{e007f}/gu;

/**
 * What shells and programs read as something else than a name: an option (`-rf`), somebody's home (`~root`), a pattern that
 * also stands for other files. Brackets are let in, though they can be a pattern, too: browsers call a second download
 * `report [1].pdf`, and a pattern that fits nothing stands for itself.
 */
const special = /^[-~]|[*?]/u;

/** The last extension, with `.tar` before it where there is one. What is longer is no extension. */
const extension = /(?:\.tar)?\.[^. ]{1,16}$/u;

/**
 * Whether a file of this name is shown and given. Hidden files are neither. Names that only programs of the session would
 * take for something else are: they are there already, and whoever downloads one is no such program.
 */
export function isSharedName(name: string): boolean {
  return (
    name !== "" &&
    !name.startsWith(".") &&
    !forbidden.test(name) &&
    !invisible.test(name.replace(meaningful, "")) &&
    byteLength(name) <= maxNameBytes
  );
}

/**
 * The name that an upload gets: composed (NFC), without white space at its ends, cut to 255 bytes before its extension.
 * `undefined` where {@link isSharedName} would not be true of it, or programs would take it for something else than a name:
 * it begins with `-` or `~`, or has `*` or `?`.
 */
export function uploadName(given: string): string | undefined {
  const composed = given.normalize("NFC").trim();
  if (composed === "" || forbidden.test(composed) || special.test(composed))
    return undefined;
  const name = fitted(composed, "");
  return isSharedName(name) ? name : undefined;
}

/** The name of the `count`th file that would have the same: `report (2).pdf`. */
export function numberedName(name: string, count: number): string {
  return count < 2 ? name : fitted(name, ` (${count})`);
}

/** What may be logged of a name: a short extension of ASCII letters and digits, or nothing. */
export function loggedExtension(name: string): string | undefined {
  return /\.[a-z0-9]{1,8}$/i.exec(name)?.[0].toLowerCase();
}

function fitted(name: string, suffix: string): string {
  const at = extension.exec(name)?.index ?? name.length;
  // A hidden file is all name.
  const cut = at === 0 ? name.length : at;
  const end = suffix + name.slice(cut);
  const stem = Array.from(name.slice(0, cut));
  let bytes = byteLength(name) + byteLength(suffix);
  while (bytes > maxNameBytes && stem.length > 1)
    bytes -= byteLength(stem.pop() ?? "");
  return stem.join("") + end;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
