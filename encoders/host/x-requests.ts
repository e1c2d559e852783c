/**
 * The requests the host makes, as bytes (X11 protocol encoding; the protocol documents of MIT-SHM, DAMAGE
 * and XFIXES). All little endian, lengths in units of four bytes.
 */
import type { Rectangle, Size } from "./geometry.ts";

/** Where an extension's numbers begin on one server. */
export interface XExtension {
  majorOpcode: number;
  firstEvent: number;
}

const coreOpcodes = {
  changeWindowAttributes: 2,
  getGeometry: 14,
  grabServer: 36,
  ungrabServer: 37,
  getInputFocus: 43,
  queryExtension: 98,
} as const;

/** Core events that are looked at. */
export const coreEvents = { configureNotify: 22 } as const;
const eventMaskAttribute = 1 << 11;
const structureNotifyMask = 1 << 17;

const shm = { attach: 1, detach: 2, getImage: 4 } as const;
const zPixmap = 2;
const allPlanes = 0xffff_ffff;

const damage = { queryVersion: 0, create: 1, subtract: 3 } as const;
/** DAMAGE 1.1: each event carries a rectangle that was not yet damaged since the last Subtract. */
const deltaRectangles = 1;
const none = 0;

/** A request of one byte of `data` in its head and 32-bit `words` behind it. */
export function request(
  opcode: number,
  data: number,
  ...words: number[]
): Buffer {
  const bytes = Buffer.alloc(4 + words.length * 4);
  bytes[0] = opcode;
  bytes[1] = data;
  bytes.writeUInt16LE(bytes.length / 4, 2);
  words.forEach((word, index) =>
    bytes.writeUInt32LE(word >>> 0, 4 + index * 4),
  );
  return bytes;
}

function pair(low: number, high: number): number {
  return ((high << 16) | low) >>> 0;
}

/** Asks for an extension by its name, ASCII; {@link readExtension} reads the answer. */
export function queryExtension(name: string): Buffer {
  const padded = Buffer.alloc((name.length + 3) & ~3);
  padded.write(name, "latin1");
  const head = request(coreOpcodes.queryExtension, 0, name.length);
  head.writeUInt16LE((head.length + padded.length) / 4, 2);
  return Buffer.concat([head, padded]);
}

/** The answer to {@link queryExtension}; `undefined` where the server does not have it. */
export function readExtension(reply: Buffer): XExtension | undefined {
  if (reply[8] !== 1) return undefined;
  return { majorOpcode: reply[9] ?? 0, firstEvent: reply[10] ?? 0 };
}

/** Asks for ConfigureNotify of `window`: how a client hears of a new screen size without RandR. */
export function selectStructure(window: number): Buffer {
  return request(
    coreOpcodes.changeWindowAttributes,
    0,
    window,
    eventMaskAttribute,
    structureNotifyMask,
  );
}

/** Asks for the size of a window or pixmap; {@link readGeometry} reads the answer. */
export function getGeometry(drawable: number): Buffer {
  return request(coreOpcodes.getGeometry, 0, drawable);
}

/** The answer to {@link getGeometry}, in pixels. */
export function readGeometry(reply: Buffer): Size {
  return { width: reply.readUInt16LE(16), height: reply.readUInt16LE(18) };
}

/** A request with a reply and no effect: when it is answered, everything before it was done. */
export function getInputFocus(): Buffer {
  return request(coreOpcodes.getInputFocus, 0);
}

/** Nobody else's requests are served until {@link ungrabServer}, or the end of the connection. */
export function grabServer(): Buffer {
  return request(coreOpcodes.grabServer, 0);
}

/** Ends {@link grabServer}. */
export function ungrabServer(): Buffer {
  return request(coreOpcodes.ungrabServer, 0);
}

/** Has the server map a segment. @param segment an identifier of this client. @param shmId as the kernel numbers it. */
export function shmAttach(
  extension: XExtension,
  segment: number,
  shmId: number,
): Buffer {
  return request(
    extension.majorOpcode,
    shm.attach,
    segment,
    shmId,
    0, // read and write: the server is the one that writes
  );
}

/** Has the server let go of a segment; the memory stays until everybody has. */
export function shmDetach(extension: XExtension, segment: number): Buffer {
  return request(extension.majorOpcode, shm.detach, segment);
}

/** Has the server write pixels of `area` into a segment, rows packed, from `offset` on. */
export function shmGetImage(
  extension: XExtension,
  options: {
    drawable: number;
    area: Rectangle;
    segment: number;
    offset: number;
  },
): Buffer {
  const { area } = options;
  return request(
    extension.majorOpcode,
    shm.getImage,
    options.drawable,
    pair(area.x, area.y),
    pair(area.width, area.height),
    allPlanes,
    zPixmap,
    options.segment,
    options.offset,
  );
}

/** Says that this client speaks DAMAGE 1.1, which has to come before its other requests. */
export function damageQueryVersion(extension: XExtension): Buffer {
  return request(extension.majorOpcode, damage.queryVersion, 1, 1);
}

/** Reports everything drawn on `drawable` and in it from now on, and at once the whole of it. */
export function damageCreate(
  extension: XExtension,
  id: number,
  drawable: number,
): Buffer {
  return request(
    extension.majorOpcode,
    damage.create,
    id,
    drawable,
    deltaRectangles,
  );
}

/** Forgets all damage, so that each place is reported anew when it changes. */
export function damageSubtract(extension: XExtension, id: number): Buffer {
  return request(extension.majorOpcode, damage.subtract, id, none, none);
}

/** The damaged rectangle of a DamageNotify, relative to the drawable. */
export function readDamageArea(event: Buffer): Rectangle {
  return {
    x: event.readInt16LE(16),
    y: event.readInt16LE(18),
    width: event.readUInt16LE(20),
    height: event.readUInt16LE(22),
  };
}

/** Window and size of a ConfigureNotify. */
export function readConfigure(event: Buffer): Size & { window: number } {
  return {
    window: event.readUInt32LE(8),
    width: event.readUInt16LE(20),
    height: event.readUInt16LE(22),
  };
}
