/**
 * Counts who holds what: a key or button that two viewers hold is released when the second lets go. Pure.
 */
export class HeldCounts {
  readonly #counts = new Map<number, number>();

  /** Adds a holder. Returns whether it is the first. */
  add(what: number): boolean {
    const count = this.#counts.get(what) ?? 0;
    this.#counts.set(what, count + 1);
    return count === 0;
  }

  /** Takes a holder away. Returns whether it was the last. */
  remove(what: number): boolean {
    const count = this.#counts.get(what) ?? 0;
    if (count > 1) this.#counts.set(what, count - 1);
    else this.#counts.delete(what);
    return count === 1;
  }

  has(what: number): boolean {
    return this.#counts.has(what);
  }

  held(): number[] {
    return [...this.#counts.keys()];
  }

  clear(): void {
    this.#counts.clear();
  }
}
