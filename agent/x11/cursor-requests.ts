/**
 * The picture of the pointer (XFIXES) over a {@link Wire}.
 */
import type { XfixesExtension } from "./connection.ts";
import type { Wire } from "./wire.ts";

/** The cursor that the server shows now. */
export interface CursorImage {
  /** Another cursor has another number, for as long as the server lives. */
  serial: number;
  /** Pixels. */
  width: number;
  height: number;
  /** The pixel that points. */
  hotX: number;
  hotY: number;
  /** Rows of 4 bytes a pixel: blue, green, red, alpha; colours are multiplied by alpha already. */
  pixels: Uint8Array;
}

/** The XFIXES extension: what the pointer looks like. */
export interface CursorRequests {
  /** From now on a `cursor` event whenever another cursor is shown. */
  selectEvents(): void;
  getImage(): Promise<CursorImage>;
}

// XFIXES protocol 2.0, section 7.
const displayCursorNotifyMask = 1;

/** @param fixes XFIXES, of version 2 at least. @param root the window whose cursor events are asked for. */
export function createCursor(
  wire: Wire,
  fixes: XfixesExtension,
  root: number,
): CursorRequests {
  return {
    selectEvents() {
      wire.send(() => {
        fixes.SelectCursorInput(root, displayCursorNotifyMask);
      });
    },
    async getImage() {
      const image = await wire.ask<{
        width: number;
        height: number;
        xhot: number;
        yhot: number;
        cursorSerial: number;
        cursorImage: Buffer;
      }>("GetCursorImage", (_client, done) => {
        fixes.GetCursorImage(done);
      });
      return {
        serial: image.cursorSerial,
        width: image.width,
        height: image.height,
        hotX: image.xhot,
        hotY: image.yhot,
        pixels: image.cursorImage,
      };
    },
  };
}
