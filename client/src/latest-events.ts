/**
 * Events for those who come later.
 */

/** Whoever tells typed events; see `Emitter`. */
export interface EventSource<Events extends object> {
  on<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
  ): () => void;
}

/** Keeps the latest event of some types, and begins with it for each new listener. */
export class LatestEvents<
  Events extends object,
> implements EventSource<Events> {
  readonly #source: EventSource<Events>;
  readonly #latest: Partial<Events> = {};

  /** @param types those that are kept; the others are passed on alone. */
  constructor(source: EventSource<Events>, types: readonly (keyof Events)[]) {
    this.#source = source;
    for (const type of types) {
      source.on(type, (event) => {
        this.#latest[type] = event;
      });
    }
  }

  on<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
  ): () => void {
    // An event may be `undefined` itself.
    if (type in this.#latest) listener(this.#latest[type] as Events[K]);
    return this.#source.on(type, listener);
  }
}
