/**
 * Keyboard and pointer of a plain RFB client, on a seat like that of every other viewer: any character of any layout,
 * and released when the client leaves. VNC servers for a display that is there know only the keys of its layout.
 */
import { messageOf, toStreamSpaceError } from "../../agent/base/errors.ts";
import type { InputSeat } from "../input.ts";

/** Keys that are followed; more are not pressed. */
const maxHeldKeys = 64;
const maxKeysym = 0x1fff_ffff;
/** Bits of a pointer event's mask, and the X buttons they are; those of the wheel are apart. */
const buttonOfBit: readonly (readonly [bit: number, button: number])[] = [
  [0x01, 1],
  [0x02, 2],
  [0x04, 3],
  [0x80, 8],
];
const wheelOfBit: readonly (readonly [bit: number, dx: number, dy: number])[] =
  [
    [0x08, 0, -1],
    [0x10, 0, 1],
    [0x20, -1, 0],
    [0x40, 1, 0],
  ];

/** See the module's description. Nothing throws. */
export class RfbInput {
  readonly #seat: InputSeat;
  readonly #onTrouble: (reason: string) => void;
  /** Keysyms of held keys, by the name that the seat knows them by. */
  readonly #held = new Map<string, number>();
  #mask = 0;

  constructor(seat: InputSeat, onTrouble: (reason: string) => void) {
    this.#seat = seat;
    this.#onTrouble = onTrouble;
  }

  /** @param keycode of QEMU's extended event, which tells keys apart; 0 of the plain one, which does not. */
  key(keysym: number, keycode: number, pressed: boolean): void {
    if (keysym < 1 || keysym > maxKeysym) return;
    const name = keycode > 0 ? `rfb-${keycode}` : this.#nameOf(keysym, pressed);
    if (!pressed) {
      if (!this.#held.delete(name)) return;
    } else if (!this.#held.has(name)) {
      if (this.#held.size >= maxHeldKeys) return;
      this.#held.set(name, keysym);
    }
    this.#attempt(() => {
      this.#seat.key(keysym, name, pressed);
    });
  }

  /** @param mask buttons that are down now, as RFC 6143 numbers them. */
  pointer(mask: number, x: number, y: number): void {
    const before = this.#mask;
    this.#mask = mask;
    this.#attempt(() => {
      this.#seat.motion(x, y);
      for (const [bit, button] of buttonOfBit) {
        if ((before & bit) !== (mask & bit))
          this.#seat.button(button, (mask & bit) !== 0, x, y);
      }
      for (const [bit, dx, dy] of wheelOfBit) {
        // A notch is pressed and released; the press counts.
        if ((before & bit) === 0 && (mask & bit) !== 0)
          this.#seat.wheel(dx, dy, x, y);
      }
    });
  }

  /** The client may not act any more. */
  releaseAll(): void {
    if (this.#held.size === 0 && this.#mask === 0) return;
    this.#held.clear();
    this.#mask = 0;
    this.#attempt(() => {
      this.#seat.releaseAll();
    });
  }

  /** The client has left; idempotent. */
  close(): void {
    this.#attempt(() => {
      this.#seat.close();
    });
  }

  /**
   * Plain RFB releases a keysym, and Shift may have been released before its letter: then it is the other case's key
   * that is up.
   */
  #nameOf(keysym: number, pressed: boolean): string {
    const name = `rfb-keysym-${keysym}`;
    if (pressed || this.#held.has(name)) return name;
    const other = `rfb-keysym-${otherCase(keysym)}`;
    return this.#held.has(other) ? other : name;
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      // Without a display there is nobody to type to; the client is told by its picture.
      this.#onTrouble(`${toStreamSpaceError(error).code}: ${messageOf(error)}`);
    }
  }
}

/** The keysym of a letter's other case (Latin-1 and Unicode keysyms); others stay as they are. */
function otherCase(keysym: number): number {
  const unicode = keysym >= 0x0100_0000;
  const point = unicode ? keysym - 0x0100_0000 : keysym;
  if ((!unicode && point > 0xff) || point > 0x10_ffff) return keysym;
  const character = String.fromCodePoint(point);
  const lower = character.toLowerCase();
  const other = lower === character ? character.toUpperCase() : lower;
  const code = other.codePointAt(0) ?? point;
  return code > 0xff ? 0x0100_0000 + code : code;
}
