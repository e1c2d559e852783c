/**
 * Typed events.
 */

/** Tells listeners; one that throws is reported to the browser and keeps nothing from the others. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  /** Calls `listener` for each event of `type`; returns the function that ends that. */
  on<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
  ): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    // The same function twice is two listeners, each with an end of its own.
    const own = (event: never): void => {
      listener(event);
    };
    listeners.add(own);
    return () => {
      listeners.delete(own);
    };
  }

  emit<K extends keyof Events>(type: K, event: Events[K]): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      try {
        listener(event as never);
      } catch (error) {
        reportError(error);
      }
    }
  }

  /** Forgets all listeners. */
  close(): void {
    this.#listeners.clear();
  }
}
