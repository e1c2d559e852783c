/**
 * Turns a stream of chunks into lines, with a bound on the length of a line.
 *
 * Chunks of a child's output end anywhere, also in the middle of a UTF-8 character; what reads them
 * must therefore decode across chunks.
 */
import { StringDecoder } from "node:string_decoder";

/** Splits chunks into lines without their line ends. A line above `maxLength` is cut, its rest dropped. */
export class LineDecoder {
  readonly #onLine: (line: string) => void;
  readonly #maxLength: number;
  readonly #decoder = new StringDecoder("utf8");
  #partial = "";
  #overflowed = false;

  constructor(
    onLine: (line: string) => void,
    options: { maxLength?: number } = {},
  ) {
    this.#onLine = onLine;
    this.#maxLength = options.maxLength ?? 4096;
  }

  write(chunk: Buffer): void {
    const pieces = this.#decoder.write(chunk).split("\n");
    const last = pieces.pop() ?? "";
    for (const piece of pieces) {
      this.#append(piece);
      this.#flush();
    }
    this.#append(last);
  }

  /** Delivers what is left as a last line. */
  end(): void {
    this.#append(this.#decoder.end());
    if (this.#partial !== "") this.#flush();
  }

  #append(text: string): void {
    if (this.#overflowed) return;
    this.#partial += text;
    if (this.#partial.length > this.#maxLength) {
      this.#partial = `${this.#partial.slice(0, this.#maxLength)}…`;
      this.#overflowed = true;
    }
  }

  #flush(): void {
    const line = this.#partial.endsWith("\r")
      ? this.#partial.slice(0, -1)
      : this.#partial;
    this.#partial = "";
    this.#overflowed = false;
    this.#onLine(line);
  }
}

/** The last `capacity` lines of something that may write for ever. */
export class LastLines {
  readonly #capacity: number;
  #lines: string[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(line: string): void {
    if (line.trim() === "") return;
    this.#lines.push(line);
    if (this.#lines.length > this.#capacity) this.#lines.shift();
  }

  toArray(): string[] {
    return [...this.#lines];
  }
}
