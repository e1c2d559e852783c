/**
 * Text broken into lines between its words. Pure.
 */

/** Breaks `text` where `fits` says that a line is too long; a word that is too long by itself is broken as well. */
export function wrapWords(
  text: string,
  fits: (line: string) => boolean,
): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = "";
    for (const character of word) {
      if (line !== "" && !fits(line + character)) {
        lines.push(line);
        line = "";
      }
      line += character;
    }
  }
  return [...lines, line];
}
