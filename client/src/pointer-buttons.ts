/**
 * Which buttons went down or up between two pointer events. Pure.
 *
 * The `buttons` mask is compared rather than trusting events: with one button held, Pointer Events
 * reports further buttons as movement (Pointer Events 3, section "Chorded button interactions").
 */

/** Bit of `PointerEvent.buttons`, and the X11 button it stands for. */
const x11ButtonOfBit = [
  [1, 1],
  [2, 3],
  [4, 2],
  [8, 8],
  [16, 9],
] as const;

/** X11 button numbers of the protocol. */
export type X11Button = (typeof x11ButtonOfBit)[number][1];

export interface ButtonChange {
  button: X11Button;
  pressed: boolean;
}

/** Follows the buttons of one pointer that the session is told about. */
export class PointerButtons {
  #held = 0;
  /** Held, but not the session's business until they are let go. */
  #ignored = 0;

  /** Whether the session believes that a button is down. */
  get anyHeld(): boolean {
    return this.#held !== 0;
  }

  /**
   * Takes the mask of an event.
   * @param mayPress false where a press is not meant for the session, e.g. beside the picture. While a
   * button is held, further ones belong to the same gesture and are always taken.
   */
  update(mask: number, mayPress: boolean): ButtonChange[] {
    this.#ignored &= mask;
    const pressed = mask & ~this.#held & ~this.#ignored;
    if (pressed !== 0 && !mayPress && this.#held === 0)
      this.#ignored |= pressed;
    const after = mask & ~this.#ignored;
    const changed = after ^ this.#held;
    this.#held = after;
    return x11ButtonOfBit
      .filter(([bit]) => (changed & bit) !== 0)
      .map(([bit, button]) => ({ button, pressed: (after & bit) !== 0 }));
  }

  /** The session was told to release everything; what is still down stays out of it. */
  releaseAll(): void {
    this.#ignored |= this.#held;
    this.#held = 0;
  }
}
