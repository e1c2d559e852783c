/**
 * What one viewer has down, as far as it told us: the gate before the queue. Pure.
 *
 * It lets a release through only after its press, so the queue holds no more releases than presses.
 */
import { maxKeysPerSeat } from "./keyboard-injector.ts";

/** Keys by their code, at most {@link maxKeysPerSeat} of them, and buttons by their number. */
export class SeatLedger {
  readonly #keys = new Set<string>();
  readonly #buttons = new Set<number>();

  /** Whether to go on with this key event. `full`: there is no room for a press. */
  key(code: string, pressed: boolean, full: boolean): boolean {
    if (!pressed) return this.#keys.delete(code);
    if (full || (!this.#keys.has(code) && this.#keys.size >= maxKeysPerSeat))
      return false;
    this.#keys.add(code);
    return true;
  }

  /** Whether to go on with this button event; a button that is down cannot be pressed. */
  button(button: number, pressed: boolean, full: boolean): boolean {
    if (!pressed) return this.#buttons.delete(button);
    if (full || this.#buttons.has(button)) return false;
    this.#buttons.add(button);
    return true;
  }

  /** Forgets everything. Returns whether there was anything. */
  releaseAll(): boolean {
    const any = this.#keys.size > 0 || this.#buttons.size > 0;
    this.#keys.clear();
    this.#buttons.clear();
    return any;
  }
}
