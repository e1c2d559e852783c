/**
 * What signaling wants of the input side, and the one place that turns input messages into its calls.
 */
import type { InputMessage } from "./protocol.ts";

/** The keyboard and pointer as one viewer holds them. Every call is synchronous and cheap. */
export interface InputSeat {
  motion(x: number, y: number): void;
  button(button: number, pressed: boolean, x: number, y: number): void;
  wheel(dx: number, dy: number, x: number, y: number): void;
  key(keysym: number, code: string, pressed: boolean): void;
  /** Lets go of everything this viewer holds. */
  releaseAll(): void;
  /** Lets go of everything and ends the seat; idempotent. */
  close(): void;
}

/**
 * Applies a viewer's input in the order in which it was meant.
 *
 * Motion travels on a channel of its own that neither orders nor repeats. A motion that was overtaken
 * by anything newer would move the pointer back, so it is dropped; all else arrives in order anyway.
 */
export class InputSequence {
  readonly #seat: InputSeat;
  #newest = -1;

  constructor(seat: InputSeat) {
    this.#seat = seat;
  }

  apply(message: InputMessage): void {
    const overtaken = message.seq <= this.#newest;
    if (!overtaken) this.#newest = message.seq;
    switch (message.type) {
      case "motion":
        if (!overtaken) this.#seat.motion(message.x, message.y);
        break;
      case "button":
        this.#seat.button(
          message.button,
          message.pressed,
          message.x,
          message.y,
        );
        break;
      case "wheel":
        this.#seat.wheel(message.dx, message.dy, message.x, message.y);
        break;
      case "key":
        this.#seat.key(message.keysym, message.code, message.pressed);
        break;
      case "release-all":
        this.#seat.releaseAll();
        break;
    }
  }
}
