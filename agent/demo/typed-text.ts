/**
 * What was typed into the text field of the demo desktop. Pure.
 */

/** Older text scrolls away; nobody edits a novel here. */
const maxLength = 2000;

/** The text so far, at most {@link maxLength} UTF-16 units of it: what was typed first goes first. */
export class TypedText {
  #text = "";

  get isEmpty(): boolean {
    return this.#text === "";
  }

  /** Takes one key's text: a character, or Backspace (`\b`) and Return (`\r`). */
  type(text: string): void {
    if (text === "\b") {
      this.#text = Array.from(this.#text).slice(0, -1).join("");
    } else if (text === "\r") {
      this.#text += "\n";
    } else if (text === "\t") {
      this.#text += "    ";
    } else if (text >= " " && text !== "\u007f") {
      this.#text += text;
    }
    if (this.#text.length > maxLength)
      this.#text = this.#text.slice(-maxLength);
  }

  /** The last `count` lines, broken where `fits` says that a line is too long. */
  lines(count: number, fits: (line: string) => boolean): string[] {
    const lines: string[] = [];
    for (const paragraph of this.#text.split("\n")) {
      let line = "";
      for (const character of paragraph) {
        if (line !== "" && !fits(line + character)) {
          lines.push(line);
          line = "";
        }
        line += character;
      }
      lines.push(line);
    }
    return lines.slice(-count);
  }
}
