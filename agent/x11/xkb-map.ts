/**
 * The map of an XKB keyboard, as the server sends it (XKB protocol, section 12.3 and appendix D, GetMap). Pure.
 */
import { StreamSpaceError } from "../base/errors.ts";

/** How modifiers choose the level of a key. */
export interface XkbKeyType {
  /** Modifiers that it looks at. */
  mask: number;
  /** Which of them, held together, give another level than 0. */
  entries: readonly {
    modifiers: number;
    level: number;
    /** Modifiers that clients apply nevertheless, e.g. Lock to a letter. */
    preserved: number;
  }[];
}

/** One key. */
export interface XkbKey {
  /** By group: the index of its type, and its keysyms by level; 0 is NoSymbol. */
  groups: readonly { type: number; keysyms: readonly number[] }[];
  /** What a group beyond the last one counts as. */
  outOfRange: "wrap" | "clamp" | { redirect: number };
}

/** A keyboard: its keys from `minKeycode` on. */
export interface XkbMap {
  minKeycode: number;
  /** The first four are those of section 12.1: one level, two levels, letter, keypad. */
  types: readonly XkbKeyType[];
  keys: readonly XkbKey[];
  /** Which modifiers a key stands for, as bits, by keycode; missing: none. */
  modifiers: ReadonlyMap<number, number>;
}

/** Indices of the types that every map begins with. */
export const xkbTypes = { oneLevel: 0, twoLevel: 1, letter: 2 } as const;

/** Parts of a map: types, keysyms and the modifier map. */
const wantedParts = 0x1 | 0x2 | 0x4;
const getMapOpcode = 8;
const getMapBytes = 28;

/** The request for the whole map of `device`. */
export function getMapRequest(majorOpcode: number, device: number): Buffer {
  const request = Buffer.alloc(getMapBytes);
  request.writeUInt8(majorOpcode, 0);
  request.writeUInt8(getMapOpcode, 1);
  request.writeUInt16LE(getMapBytes / 4, 2);
  request.writeUInt16LE(device, 4);
  request.writeUInt16LE(wantedParts, 6);
  return request;
}

/** Bytes of a reply that are not in its body. */
const headerBytes = 8;
const at = {
  minKeycode: 10,
  typeCount: 15,
  firstKey: 17,
  keyCount: 20,
  modifierCount: 33,
  data: 40,
} as const;

/**
 * Reads the reply.
 * @param body the reply from its ninth byte on.
 * @throws StreamSpaceError `internal` where it is shorter than it says.
 */
export function readMap(body: Buffer): XkbMap {
  try {
    return parseMap(body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StreamSpaceError(
      "internal",
      "the X server sent a keyboard map that is too short",
      { cause: error },
    );
  }
}

function parseMap(body: Buffer): XkbMap {
  const field = (offset: number): number =>
    body.readUInt8(offset - headerBytes);
  const reader = new Reader(body, at.data - headerBytes);
  const types = times(field(at.typeCount), () => readType(reader));
  const keys = times(field(at.keyCount), () => readKey(reader));
  const modifiers = new Map<number, number>();
  for (let left = field(at.modifierCount); left > 0; left -= 1) {
    const keycode = reader.byte();
    modifiers.set(keycode, reader.byte());
  }
  return { minKeycode: field(at.firstKey), types, keys, modifiers };
}

function readType(reader: Reader): XkbKeyType {
  const mask = reader.byte();
  reader.passOver(4); // Where the mask comes from, and the number of levels.
  const count = reader.byte();
  const preserves = reader.byte() !== 0;
  reader.passOver(1); // Padding, as below: xkb.xml of XCB, KeyType.
  const entries = times(count, () => {
    const active = reader.byte() !== 0;
    const modifiers = reader.byte();
    const level = reader.byte();
    reader.passOver(5); // What the mask consists of, and padding.
    return { active, modifiers, level, preserved: 0 };
  });
  if (preserves) {
    for (const entry of entries) {
      entry.preserved = reader.byte();
      reader.passOver(3); // As above.
    }
  }
  return {
    mask,
    // The others need modifiers that no key of this map gives.
    entries: entries
      .filter(({ active }) => active)
      .map(({ modifiers, level, preserved }) => ({
        modifiers,
        level,
        preserved,
      })),
  };
}

function readKey(reader: Reader): XkbKey {
  const types = times(4, () => reader.byte());
  const info = reader.byte();
  const width = reader.byte();
  const count = reader.word();
  const keysyms = times(count, () => reader.long());
  const groups = times(info & 0xf, (group) => ({
    type: types[group] ?? 0,
    keysyms: keysyms.slice(group * width, (group + 1) * width),
  }));
  return { groups, outOfRange: outOfRange(info) };
}

function outOfRange(info: number): XkbKey["outOfRange"] {
  switch (info & 0xc0) {
    case 0x40:
      return "clamp";
    case 0x80:
      return { redirect: (info >> 4) & 3 };
    default:
      return "wrap";
  }
}

class Reader {
  readonly #body: Buffer;
  #offset: number;

  constructor(body: Buffer, offset: number) {
    this.#body = body;
    this.#offset = offset;
  }

  byte(): number {
    return this.#body.readUInt8(this.#take(1));
  }

  word(): number {
    return this.#body.readUInt16LE(this.#take(2));
  }

  long(): number {
    return this.#body.readUInt32LE(this.#take(4));
  }

  passOver(bytes: number): void {
    this.#take(bytes);
  }

  #take(bytes: number): number {
    const offset = this.#offset;
    this.#offset += bytes;
    return offset;
  }
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
