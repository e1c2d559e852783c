/**
 * Where everybody's pointer is, for the others to see: at most 20 positions a second of each viewer.
 */
import type { PointersMessage } from "../protocol.ts";

export const pointerIntervalMs = 50;

type Place = PointersMessage["viewers"][number];

/** Gathers positions, and tells each viewer those of the others. */
export class PointerBoard {
  readonly #deliver: (places: readonly Place[]) => void;
  /** Those that moved since the last delivery; one each, the latest. */
  readonly #moved = new Map<string, Place>();
  #timer: NodeJS.Timeout | undefined;

  /** @param deliver is called at most once in {@link pointerIntervalMs}, with at least one place. */
  constructor(deliver: (places: readonly Place[]) => void) {
    this.#deliver = deliver;
  }

  moved(id: string, x: number, y: number): void {
    this.#moved.set(id, { id, x, y });
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const places = [...this.#moved.values()];
      this.#moved.clear();
      if (places.length > 0) this.#deliver(places);
    }, pointerIntervalMs);
  }

  left(id: string): void {
    this.#moved.delete(id);
  }

  /** Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#moved.clear();
  }
}
