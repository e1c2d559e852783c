/**
 * What a viewer has told the agent that it holds. Pure.
 */

/** Keys by `KeyboardEvent.code`, buttons by their X11 numbers. */
export interface Held {
  readonly codes: readonly string[];
  readonly buttons: readonly number[];
}

/** See the module's description. Bounded by the seat, which holds no more keys than its own limit. */
export class HeldInput {
  readonly #codes = new Set<string>();
  readonly #buttons = new Set<number>();

  /** Whether anything is held. */
  get any(): boolean {
    return this.#codes.size > 0 || this.#buttons.size > 0;
  }

  /** Whether a button is held. */
  get anyButton(): boolean {
    return this.#buttons.size > 0;
  }

  /** A key went down or up. `bound`: more keys than that are not followed. */
  key(code: string, pressed: boolean, bound: number): void {
    if (!pressed) this.#codes.delete(code);
    else if (this.#codes.size < bound) this.#codes.add(code);
  }

  /** A button went down or up. */
  button(button: number, pressed: boolean): void {
    if (pressed) this.#buttons.add(button);
    else this.#buttons.delete(button);
  }

  /** What is held here and is not in `held`. */
  notIn(held: Held): Held {
    return {
      codes: [...this.#codes].filter((code) => !held.codes.includes(code)),
      buttons: [...this.#buttons].filter(
        (button) => !held.buttons.includes(button),
      ),
    };
  }

  /** Nothing is held any more. */
  clear(): void {
    this.#codes.clear();
    this.#buttons.clear();
  }
}
