/**
 * Takes chosen files out of a tar archive that streams by. Formats: ustar, GNU long names, pax paths and sizes.
 * https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */

/** What the scanner reports. */
export interface TarVisitor {
  /** Whether the contents of the regular file at `path` are wanted. */
  wants(path: string): boolean;
  /** The contents of a wanted file. */
  file(path: string, content: Buffer): void;
  /** Every entry, before its contents. */
  entry(path: string): void;
}

/** Headers, and what contents are padded to. */
export const blockBytes = 512;
/** A wanted file, or a header of names, is at most this long; a longer one is passed over. */
const maxContentBytes = 32 * 1024 * 1024;

interface Entry {
  path: string;
  /** Bytes of contents, without padding. */
  size: number;
  type: string;
}

/** What is being read. */
type State =
  | { kind: "header" }
  | {
      kind: "content";
      entry: Entry;
      left: number;
      chunks: Buffer[] | undefined;
    }
  | { kind: "padding"; left: number };

/** Is fed with chunks of any size. */
export class TarScanner {
  readonly #visitor: TarVisitor;
  #state: State = { kind: "header" };
  #pending: Buffer = Buffer.alloc(0);
  /** From headers that describe the next entry. */
  #nextPath: string | undefined;
  #nextSize: number | undefined;

  constructor(visitor: TarVisitor) {
    this.#visitor = visitor;
  }

  write(chunk: Buffer): void {
    let rest =
      this.#pending.length === 0
        ? chunk
        : Buffer.concat([this.#pending, chunk]);
    this.#pending = Buffer.alloc(0);
    while (rest.length > 0) {
      const taken = this.#take(rest);
      if (taken === 0) {
        this.#pending = rest;
        return;
      }
      rest = rest.subarray(taken);
    }
  }

  /** Reads what it can of `data`; 0 where more is needed. */
  #take(data: Buffer): number {
    const state = this.#state;
    switch (state.kind) {
      case "header":
        if (data.length < blockBytes) return 0;
        this.#header(data.subarray(0, blockBytes));
        return blockBytes;
      case "content": {
        const taken = Math.min(data.length, state.left);
        state.chunks?.push(Buffer.from(data.subarray(0, taken)));
        state.left -= taken;
        if (state.left === 0) this.#contentEnds(state.entry, state.chunks);
        return taken;
      }
      case "padding": {
        const taken = Math.min(data.length, state.left);
        state.left -= taken;
        if (state.left === 0) this.#state = { kind: "header" };
        return taken;
      }
    }
  }

  #header(block: Buffer): void {
    if (block.every((byte) => byte === 0)) return; // The end of the archive.
    const type = String.fromCharCode(block[156] ?? 0);
    const isAboutNext = type === "L" || type === "x";
    const entry: Entry = { type, path: pathOf(block), size: sizeOf(block) };
    if (!isAboutNext && type !== "K" && type !== "g") {
      entry.path = normal(this.#nextPath ?? entry.path);
      entry.size = this.#nextSize ?? entry.size;
      this.#nextPath = undefined;
      this.#nextSize = undefined;
      this.#visitor.entry(entry.path);
    }
    const isFile = type === "0" || type === "\0";
    const isWanted =
      entry.size <= maxContentBytes &&
      (isAboutNext || (isFile && this.#visitor.wants(entry.path)));
    const chunks = isWanted ? [] : undefined;
    if (entry.size === 0) this.#contentEnds(entry, chunks);
    else this.#state = { kind: "content", entry, left: entry.size, chunks };
  }

  #contentEnds(entry: Entry, chunks: Buffer[] | undefined): void {
    const padding = (blockBytes - (entry.size % blockBytes)) % blockBytes;
    this.#state =
      padding === 0 ? { kind: "header" } : { kind: "padding", left: padding };
    if (chunks === undefined) return;
    const content = Buffer.concat(chunks);
    if (entry.type === "L") this.#nextPath = textOf(content);
    else if (entry.type === "x") this.#paxRecords(content);
    else this.#visitor.file(entry.path, content);
  }

  /** Records are `<length> <key>=<value>\n`, the length being that of the whole record in bytes. */
  #paxRecords(content: Buffer): void {
    let rest = content;
    while (rest.length > 0) {
      const space = rest.indexOf(0x20);
      const length = Number(rest.subarray(0, Math.max(space, 0)).toString());
      if (!Number.isInteger(length) || length <= space) return;
      const record = rest.subarray(space + 1, length - 1).toString("utf8");
      const [key, ...value] = record.split("=");
      if (key === "path") this.#nextPath = value.join("=");
      if (key === "size") this.#nextSize = Number(value.join("="));
      rest = rest.subarray(length);
    }
  }
}

function pathOf(block: Buffer): string {
  const name = textOf(block.subarray(0, 100));
  const isUstar = block.subarray(257, 263).toString("latin1") === "ustar\0";
  const prefix = isUstar ? textOf(block.subarray(345, 500)) : "";
  return normal(prefix === "" ? name : `${prefix}/${name}`);
}

function normal(path: string): string {
  return path.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
}

/** Octal digits, or a big-endian number where the highest bit is set (GNU, above 8 GiB). */
export function sizeOf(block: Buffer): number {
  const field = block.subarray(124, 136);
  if (((field[0] ?? 0) & 0x80) !== 0) return field.readUIntBE(6, 6);
  const size = Number.parseInt(textOf(field).trim(), 8);
  return Number.isFinite(size) ? size : 0;
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? field.length : end).toString("utf8");
}
