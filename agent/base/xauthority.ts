/**
 * Xauthority files: the cookie that lets a client into an X server (Xsecurity(7), Xau(3)).
 *
 * A file is a row of records; each is the family (CARD16) and four counted strings (CARD16 length,
 * bytes): address, display number in decimal, name of the protocol, data. All numbers big endian.
 */
import { open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { messageOf, StreamSpaceError, systemCodeOf } from "./errors.ts";

const cookieProtocol = "MIT-MAGIC-COOKIE-1";
/** Matches a server at any address. */
const familyWild = 0xffff;
const familyLocal = 256;
/** A cookie of this protocol has 128 bits. */
export const cookieBytes = 16;
/** No real file comes near this; a larger one is not what it claims to be. */
const maxFileBytes = 1_048_576;

/** What the setup of a connection carries. Both empty: a connection without authority. */
export interface XauthorityEntry {
  name: string;
  /** The cookie as latin1, one character a byte. */
  data: string;
}

/**
 * Writes a file with one record that fits `displayNumber` on any address; mode 0600, replaced in one step.
 *
 * The server takes it as `-auth <path>`, clients as `XAUTHORITY=<path>`.
 *
 * @param options.cookie 16 random bytes.
 * @throws StreamSpaceError `unwritable`.
 */
export async function writeXauthority(options: {
  path: string;
  displayNumber: number;
  cookie: Uint8Array;
}): Promise<void> {
  if (options.cookie.length !== cookieBytes) {
    throw new StreamSpaceError(
      "internal",
      `an X cookie has ${cookieBytes} bytes, not ${options.cookie.length}`,
    );
  }
  const record = Buffer.concat([
    card16(familyWild),
    counted(Buffer.alloc(0)),
    counted(Buffer.from(String(options.displayNumber), "latin1")),
    counted(Buffer.from(cookieProtocol, "latin1")),
    counted(Buffer.from(options.cookie)),
  ]);
  const temporary = `${options.path}.${process.pid}.new`;
  try {
    await rm(temporary, { force: true });
    // "wx": never write through a link that somebody put there.
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(record);
    } finally {
      await file.close();
    }
    await rename(temporary, options.path);
  } catch (error) {
    throw new StreamSpaceError(
      "unwritable",
      `the Xauthority file ${options.path} cannot be written: ${messageOf(error)}`,
      {
        cause: error,
        mend: "Make its directory writable for this user, with room for a file.",
      },
    );
  }
}

/**
 * The same, unless the file lets clients in as it is: a display that comes back finds the file of the one before, whatever
 * has become of the disk.
 *
 * @param options.displayNumber `undefined` for the server alone, which compares nothing but the cookie.
 * @throws StreamSpaceError `unwritable`.
 */
export async function keepXauthority(options: {
  path: string;
  displayNumber: number | undefined;
  cookie: Uint8Array;
}): Promise<void> {
  const { path, displayNumber } = options;
  const cookie = Buffer.from(options.cookie);
  const contents = await readFile(path).catch(() => Buffer.alloc(0));
  const isThere =
    displayNumber === undefined
      ? contents.includes(cookie)
      : findCookie(contents, String(displayNumber)).data ===
        cookie.toString("latin1");
  if (isThere) return;
  await writeXauthority({ ...options, displayNumber: displayNumber ?? 0 });
}

/**
 * Finds the cookie for a display in `path`, or where X programs look: `$XAUTHORITY`, `~/.Xauthority`.
 *
 * No such file or no record that fits gives an empty entry: many servers let local users in without one.
 * @throws StreamSpaceError `display-unreachable` when `path` was named and cannot be read.
 */
export async function readXauthority(options: {
  path?: string;
  displayNumber: number;
}): Promise<XauthorityEntry> {
  const path =
    options.path ?? process.env["XAUTHORITY"] ?? join(homedir(), ".Xauthority");
  let contents: Buffer;
  try {
    contents = await readFile(path);
  } catch (error) {
    if (options.path === undefined && systemCodeOf(error) === "ENOENT") {
      return { name: "", data: "" };
    }
    throw new StreamSpaceError(
      "display-unreachable",
      `the Xauthority file ${path} cannot be read`,
      { cause: error, mend: "Make it readable for the user of the agent." },
    );
  }
  return findCookie(
    contents.subarray(0, maxFileBytes),
    String(options.displayNumber),
  );
}

/** Picks the first cookie for `display`; records are read until the first that is cut short. */
export function findCookie(contents: Buffer, display: string): XauthorityEntry {
  let offset = 0;
  const next = (): Buffer | undefined => {
    if (offset + 2 > contents.length) return undefined;
    const end = offset + 2 + contents.readUInt16BE(offset);
    if (end > contents.length) return undefined;
    const field = contents.subarray(offset + 2, end);
    offset = end;
    return field;
  };
  while (offset + 2 <= contents.length) {
    const family = contents.readUInt16BE(offset);
    offset += 2;
    const address = next();
    const number = next();
    const name = next();
    const data = next();
    if (!address || !number || !name || !data) break;
    // The host name in a record of the local family is not compared: a container's changes with each
    // start, and a wrong cookie is refused by the server in any case.
    const fits = family === familyWild || family === familyLocal;
    const displayFits =
      number.length === 0 || number.toString("latin1") === display;
    if (fits && displayFits && name.toString("latin1") === cookieProtocol) {
      return { name: cookieProtocol, data: data.toString("latin1") };
    }
  }
  return { name: "", data: "" };
}

function card16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
}

function counted(bytes: Buffer): Buffer {
  return Buffer.concat([card16(bytes.length), bytes]);
}
