/**
 * The pointer, drawn into the picture: it is not part of what MIT-SHM copies.
 *
 * XFIXES tells its shape, XInput 2 that it moved; where it is, is asked together with the pixels.
 */
import type { RowBand } from "./damage-region.ts";
import type { Rectangle, Size } from "./geometry.ts";
import type { XDisplay } from "./x-display.ts";
import {
  getCursorImage,
  readCursorImage,
  selectCursorChanges,
  selectRawMotion,
  xfixesQueryVersion,
  xinputQueryVersion,
  type CursorImage,
} from "./pointer-requests.ts";
import type { XExtension } from "./x-requests.ts";

/** A position on the screen. */
export interface Point {
  x: number;
  y: number;
}

/** Generic event (XGE), the envelope of XInput 2. */
const genericEvent = 35;

/** See the module's description. */
export class PointerOverlay {
  readonly #display: XDisplay;
  readonly #xfixes: XExtension;
  readonly #xinput: XExtension;
  #image: CursorImage | undefined;
  /** Where the picture holds the pointer instead of the screen. */
  #drawn: Rectangle | undefined;
  #position: Point = { x: 0, y: 0 };
  #hasChanged = true;
  /** Changes so far, and those before the position was asked for. */
  #changes = 0;
  #knownChanges = 0;

  private constructor(
    display: XDisplay,
    xfixes: XExtension,
    xinput: XExtension,
  ) {
    this.#display = display;
    this.#xfixes = xfixes;
    this.#xinput = xinput;
  }

  /**
   * Asks to be told of the pointer.
   * @returns `undefined` where the server lacks XFIXES or XInput: the picture then has no pointer.
   * @throws StreamSpaceError `display-unreachable`.
   */
  static async open(display: XDisplay): Promise<PointerOverlay | undefined> {
    const xfixes = await display.findExtension("XFIXES");
    const xinput = await display.findExtension("XInputExtension");
    if (xfixes === undefined || xinput === undefined) return undefined;
    await display.ask(xfixesQueryVersion(xfixes));
    await display.ask(xinputQueryVersion(xinput));
    await display.do(
      selectCursorChanges(xfixes, display.root),
      selectRawMotion(xinput, display.root),
    );
    const overlay = new PointerOverlay(display, xfixes, xinput);
    overlay.#image = readCursorImage(await display.ask(getCursorImage(xfixes)));
    return overlay;
  }

  /** Whether the pointer looks different from how it was drawn, or may be elsewhere. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** The position is known, as it is after all changes that have been told so far. */
  onPositionKnown(): void {
    this.#knownChanges = this.#changes;
  }

  /** What must come from the screen anew together with `band`, because the pointer is drawn there. */
  toRestore(band: RowBand): Rectangle | undefined {
    const isTouched =
      this.#drawn !== undefined &&
      this.#drawn.y < band.bottom &&
      this.#drawn.y + this.#drawn.height > band.top;
    return this.#hasChanged || isTouched ? this.#drawn : undefined;
  }

  /** Whether the pointer can stay as it is drawn, or `band` has removed it from the picture. */
  isRestored(band: RowBand, position: Point): boolean {
    this.#hasChanged ||=
      position.x !== this.#position.x || position.y !== this.#position.y;
    return !this.#hasChanged || this.#drawn === undefined || this.#covers(band);
  }

  /** Whether the pointer is missing in the picture now that `band` is new. */
  mustDraw(band: RowBand): boolean {
    return (
      this.#hasChanged || (this.#drawn !== undefined && this.#covers(band))
    );
  }

  /** Takes note of an event of any kind. */
  onEvent(event: Buffer): void {
    if (event[0] === this.#xfixes.firstEvent + 1) {
      this.#fetchImage();
    } else if (
      event[0] === genericEvent &&
      event[1] === this.#xinput.majorOpcode
    ) {
      this.#onChange();
    }
  }

  /** The whole picture was replaced. */
  forget(): void {
    this.#drawn = undefined;
    this.#hasChanged = true;
  }

  /**
   * Draws the pointer with its hot spot at `position`.
   * @param pixels BGRx, `size.width` pixels a row.
   * @returns what it covers, if it is on the screen at all.
   */
  draw(pixels: Uint8Array, size: Size, position: Point): Rectangle | undefined {
    this.#hasChanged = this.#changes !== this.#knownChanges;
    this.#drawn = undefined;
    this.#position = position;
    const image = this.#image;
    if (image === undefined) return undefined;
    const left = position.x - image.hotX;
    const top = position.y - image.hotY;
    const area = intersect(left, top, image, size);
    if (area === undefined) return undefined;
    for (let y = area.y; y < area.y + area.height; y += 1) {
      for (let x = area.x; x < area.x + area.width; x += 1) {
        const source = ((y - top) * image.width + (x - left)) * 4;
        blend(pixels, (y * size.width + x) * 4, image.pixels, source);
      }
    }
    this.#drawn = area;
    return area;
  }

  #onChange(): void {
    this.#hasChanged = true;
    this.#changes += 1;
  }

  #covers(band: RowBand): boolean {
    const drawn = this.#drawn;
    if (drawn === undefined) return false;
    return drawn.y >= band.top && drawn.y + drawn.height <= band.bottom;
  }

  #fetchImage(): void {
    this.#display.send(getCursorImage(this.#xfixes), {
      onReply: (reply) => {
        this.#image = readCursorImage(reply);
        this.#onChange();
      },
      // Without an image the last one stays, which is better than none.
      onError: () => undefined,
    });
  }
}

function intersect(
  left: number,
  top: number,
  image: Size,
  size: Size,
): Rectangle | undefined {
  const x = Math.max(left, 0);
  const y = Math.max(top, 0);
  const width = Math.min(left + image.width, size.width) - x;
  const height = Math.min(top + image.height, size.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** Puts one premultiplied pixel over another. */
function blend(
  target: Uint8Array,
  to: number,
  source: Uint8Array,
  from: number,
): void {
  const remaining = 255 - (source[from + 3] ?? 0);
  if (remaining === 255) return;
  for (let channel = 0; channel < 3; channel += 1) {
    const below = target[to + channel] ?? 0;
    target[to + channel] =
      (source[from + channel] ?? 0) + Math.round((below * remaining) / 255);
  }
}
