/**
 * What a page remembers of cursors. The agent has the same cache with nothing but the keys in it, and does the same with
 * it in the same order; so it knows what the page has forgotten, and nobody has to ask.
 */

/** Cursors that are remembered; an animated one has two dozen. */
export const rememberedCursors = 64;

/** Forgets what has not been used for longest. */
export class CursorCache<T> {
  readonly #values = new Map<string, T>();
  readonly #size: number;

  constructor(size: number = rememberedCursors) {
    this.#size = size;
  }

  /** The value of `key`, which counts as used. */
  use(key: string): T | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  remember(key: string, value: T): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#size) return;
    const [oldest] = this.#values.keys();
    if (oldest !== undefined) this.#values.delete(oldest);
  }

  clear(): void {
    this.#values.clear();
  }
}
