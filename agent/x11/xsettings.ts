/**
 * The property of an XSETTINGS manager (XSETTINGS, Cross Toolkit Configuration Proposal, version 0.5). Pure.
 */

/** Settings by name; numbers are whole and signed, 32 bits. */
export type Xsettings = Readonly<Record<string, number | string>>;

const littleEndian = 0;
const types = { integer: 0, string: 1 } as const;

/**
 * Writes the property.
 * @param serial counts changes; a reader takes it as the number of the last change of each setting.
 */
export function encodeXsettings(serial: number, settings: Xsettings): Buffer {
  const entries = Object.entries(settings);
  const head = Buffer.alloc(12);
  head[0] = littleEndian;
  head.writeUInt32LE(serial, 4);
  head.writeUInt32LE(entries.length, 8);
  return Buffer.concat([
    head,
    ...entries.map(([name, value]) => encodeSetting(serial, name, value)),
  ]);
}

function encodeSetting(
  serial: number,
  name: string,
  value: number | string,
): Buffer {
  const head = Buffer.alloc(4);
  head[0] = typeof value === "number" ? types.integer : types.string;
  head.writeUInt16LE(Buffer.byteLength(name, "latin1"), 2);
  const change = Buffer.alloc(4);
  change.writeUInt32LE(serial);
  return Buffer.concat([
    head,
    padded(Buffer.from(name, "latin1")),
    change,
    encodeValue(value),
  ]);
}

function encodeValue(value: number | string): Buffer {
  const word = Buffer.alloc(4);
  if (typeof value === "number") {
    word.writeInt32LE(value);
    return word;
  }
  const text = Buffer.from(value, "utf8");
  word.writeUInt32LE(text.length);
  return Buffer.concat([word, padded(text)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes], (bytes.length + 3) & ~3);
}
