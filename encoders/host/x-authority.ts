/**
 * Where the X server of a local display listens, and the cookie that lets a client in
 * (X(7), "DISPLAY NAMES"; Xau(3)).
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { StreamSpaceError, systemCodeOf } from "../../agent/base/errors.ts";

const cookieProtocol = "MIT-MAGIC-COOKIE-1";
const familyLocal = 256;
const familyWild = 0xffff;

/**
 * Number of a display on this machine: 7 for `:7` and `unix:7.0`.
 * @throws StreamSpaceError `display-unreachable` for others: shared memory does not cross machines.
 */
export function localDisplayNumber(display: string): number {
  const number = /^(?:unix\/?)?:(\d{1,5})(?:\.0)?$/.exec(display)?.[1];
  if (number === undefined) {
    throw new StreamSpaceError(
      "display-unreachable",
      `"${display}" is not screen 0 of a display on this machine`,
    );
  }
  return Number(number);
}

/** What a client presents. Both empty: nothing, which many servers accept from local users. */
export interface XCookie {
  name: string;
  data: Buffer;
}

const noCookie: XCookie = { name: "", data: Buffer.alloc(0) };

/**
 * The cookie for a display in `$XAUTHORITY` or `~/.Xauthority`.
 * @throws StreamSpaceError `display-unreachable` when the file exists and cannot be read.
 */
export function readXCookie(displayNumber: number): XCookie {
  const path = process.env["XAUTHORITY"] ?? join(homedir(), ".Xauthority");
  try {
    return findXCookie(readFileSync(path), String(displayNumber));
  } catch (cause) {
    if (systemCodeOf(cause) === "ENOENT") return noCookie;
    throw new StreamSpaceError(
      "display-unreachable",
      `the Xauthority file ${path} cannot be read`,
      { cause },
    );
  }
}

/**
 * The first cookie for `display` among the records of a file: family (CARD16), then address, display
 * number, name, data, each behind a CARD16 length; big endian.
 */
export function findXCookie(contents: Buffer, display: string): XCookie {
  let offset = 0;
  const field = (): Buffer | undefined => {
    if (offset + 2 > contents.length) return undefined;
    const start = offset + 2;
    const end = start + contents.readUInt16BE(offset);
    offset = end;
    return end <= contents.length ? contents.subarray(start, end) : undefined;
  };
  while (offset + 2 <= contents.length) {
    const family = contents.readUInt16BE(offset);
    offset += 2;
    const address = field();
    const number = field()?.toString("latin1");
    const name = field()?.toString("latin1");
    const data = field();
    if (address === undefined || data === undefined) break;
    // Host names are not compared: a container's changes, and a wrong cookie is refused anyway.
    const fits = family === familyLocal || family === familyWild;
    const displayFits = number === "" || number === display;
    if (fits && displayFits && name === cookieProtocol) {
      return { name, data };
    }
  }
  return noCookie;
}
