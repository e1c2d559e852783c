/**
 * The requests about the pointer, as bytes (X11 protocol encoding; the protocol documents of XFIXES and
 * XInput 2).
 */
import type { Size } from "./geometry.ts";
import { request, type XExtension } from "./x-requests.ts";

const queryPointerOpcode = 38;
const xfixes = { queryVersion: 0, selectCursorInput: 3, getCursorImage: 4 };
const displayCursorNotify = 1;
const xinput = { selectEvents: 46, queryVersion: 47 };
const allMasterDevices = 1;
const rawMotion = 17;

/** How the pointer looks. */
export interface CursorImage extends Size {
  hotX: number;
  hotY: number;
  /** Premultiplied BGRA, without padding. */
  pixels: Uint8Array;
}

/** Says that this client speaks XFIXES 2.0, which has to come before its other requests. */
export function xfixesQueryVersion(extension: XExtension): Buffer {
  return request(extension.majorOpcode, xfixes.queryVersion, 2, 0);
}

/** Asks for CursorNotify (first event + 1) whenever the pointer takes another shape. */
export function selectCursorChanges(
  extension: XExtension,
  window: number,
): Buffer {
  return request(
    extension.majorOpcode,
    xfixes.selectCursorInput,
    window,
    displayCursorNotify,
  );
}

/** Asks how the pointer looks now; {@link readCursorImage} reads the answer. */
export function getCursorImage(extension: XExtension): Buffer {
  return request(extension.majorOpcode, xfixes.getCursorImage);
}

/** The answer to {@link getCursorImage}: sizes and hot spot in pixels, the pixels copied. */
export function readCursorImage(reply: Buffer): CursorImage {
  const width = reply.readUInt16LE(12);
  const height = reply.readUInt16LE(14);
  return {
    width,
    height,
    hotX: reply.readUInt16LE(16),
    hotY: reply.readUInt16LE(18),
    pixels: new Uint8Array(reply.subarray(32, 32 + width * height * 4)),
  };
}

/** Says that this client speaks XInput 2.0, the first with raw events. */
export function xinputQueryVersion(extension: XExtension): Buffer {
  const majorMinor = (0 << 16) | 2;
  return request(extension.majorOpcode, xinput.queryVersion, majorMinor);
}

/** Asks for RawMotion, which comes for every motion, whatever window is below and whoever holds a grab. */
export function selectRawMotion(extension: XExtension, root: number): Buffer {
  const masks = 1;
  const maskWords = 1;
  return request(
    extension.majorOpcode,
    xinput.selectEvents,
    root,
    masks,
    (maskWords << 16) | allMasterDevices,
    1 << rawMotion,
  );
}

/** Asks where the pointer is; {@link readPointerPosition} reads the answer. */
export function queryPointer(root: number): Buffer {
  return request(queryPointerOpcode, 0, root);
}

/** The answer to {@link queryPointer}: pixels of the root window that it is on. */
export function readPointerPosition(reply: Buffer): { x: number; y: number } {
  return { x: reply.readInt16LE(16), y: reply.readInt16LE(18) };
}
