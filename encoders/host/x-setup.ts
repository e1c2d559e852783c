/**
 * How a connection to an X server begins (X11 protocol, "Connection Setup").
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import type { Size } from "./geometry.ts";
import type { XauthorityEntry } from "../../agent/base/xauthority.ts";

/** What the host needs to know of a server. */
export interface XSetup {
  /** First identifier this client may use for its own resources. */
  resourceBase: number;
  root: number;
  size: Size;
  /** Whether pixels of the root are BGRx in memory, 32 bits each; the one layout the host converts. */
  isBgrx: boolean;
}

const littleEndian = 0x6c;
const protocolMajor = 11;
const accepted = 1;

/** The first bytes of a client, with the cookie that proves it may come; {@link parseSetup} reads the answer. */
export function setupRequest(cookie: XauthorityEntry): Buffer {
  const head = Buffer.alloc(12);
  head[0] = littleEndian;
  head.writeUInt16LE(protocolMajor, 2);
  head.writeUInt16LE(cookie.name.length, 6);
  head.writeUInt16LE(cookie.data.length, 8);
  return Buffer.concat([
    head,
    padded(Buffer.from(cookie.name, "latin1")),
    padded(Buffer.from(cookie.data, "latin1")),
  ]);
}

/**
 * Reads a server's answer, which is there as a whole.
 * @throws StreamSpaceError `display-unreachable` where the server refuses, or what it says makes no sense.
 */
export function parseSetup(answer: Buffer): XSetup {
  if (answer[0] !== accepted) {
    const reason = answer.toString("latin1", 8, 8 + (answer[1] ?? 0)).trim();
    throw new StreamSpaceError(
      "display-unreachable",
      `the X server refuses the connection: ${reason}`,
    );
  }
  try {
    return parseAccepted(answer);
  } catch (cause) {
    throw new StreamSpaceError(
      "display-unreachable",
      "the X server's setup is cut short",
      { cause },
    );
  }
}

const fixedBytes = 40;
const formatBytes = 8;

function parseAccepted(answer: Buffer): XSetup {
  const vendorBytes = answer.readUInt16LE(24);
  const formats = answer.readUInt8(29);
  const isLsbFirst = answer.readUInt8(30) === 0;
  const formatsAt = fixedBytes + roundUp4(vendorBytes);
  const screen = formatsAt + formats * formatBytes;
  const depth = answer.readUInt8(screen + 38);
  const visual = answer.readUInt32LE(screen + 32);
  return {
    resourceBase: answer.readUInt32LE(12),
    root: answer.readUInt32LE(screen),
    size: {
      width: answer.readUInt16LE(screen + 20),
      height: answer.readUInt16LE(screen + 22),
    },
    isBgrx:
      isLsbFirst &&
      bitsPerPixel(answer, formatsAt, formats, depth) === 32 &&
      hasRgbMasks(answer, screen, visual),
  };
}

function bitsPerPixel(
  answer: Buffer,
  formatsAt: number,
  count: number,
  depth: number,
): number {
  for (let index = 0; index < count; index += 1) {
    const at = formatsAt + index * formatBytes;
    if (answer.readUInt8(at) === depth) return answer.readUInt8(at + 1);
  }
  return 0;
}

const screenBytes = 40;
const depthBytes = 8;
const visualBytes = 24;

/** Whether red, green and blue of `visual` lie at bits 16, 8 and 0. */
function hasRgbMasks(answer: Buffer, screen: number, visual: number): boolean {
  let at = screen + screenBytes;
  const depths = answer.readUInt8(screen + 39);
  for (let depth = 0; depth < depths; depth += 1) {
    const visuals = answer.readUInt16LE(at + 2);
    at += depthBytes;
    for (let index = 0; index < visuals; index += 1, at += visualBytes) {
      if (answer.readUInt32LE(at) !== visual) continue;
      return (
        answer.readUInt32LE(at + 8) === 0xff_00_00 &&
        answer.readUInt32LE(at + 12) === 0xff_00 &&
        answer.readUInt32LE(at + 16) === 0xff
      );
    }
  }
  return false;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes], roundUp4(bytes.length));
}

function roundUp4(value: number): number {
  return (value + 3) & ~3;
}
