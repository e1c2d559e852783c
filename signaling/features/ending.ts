/**
 * Tells viewers that the session is about to end, so that they can save their work.
 */
import type { Clock } from "../../agent/base/clock.ts";
import type { OpenFeature } from "../viewer-feature.ts";

/** See the module's description. */
export class SessionEnding {
  readonly #clock: Clock;
  readonly #tell = new Set<() => void>();
  /** On the clock of `nowMs`. */
  #endsAtMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells everybody, and whoever comes yet. @param inMs 0: at once. */
  begin(inMs: number): void {
    this.#endsAtMs = this.#clock.nowMs() + inMs;
    for (const tell of [...this.#tell]) tell();
  }

  /** The feature of one viewer. */
  readonly open: OpenFeature = (viewer) => {
    const tell = (): void => {
      if (this.#endsAtMs === undefined) return;
      const leftMs = Math.round(this.#endsAtMs - this.#clock.nowMs());
      viewer.send({ type: "session-ending", inMs: Math.max(0, leftMs) });
    };
    tell();
    this.#tell.add(tell);
    return {
      handlers: {},
      close: () => {
        this.#tell.delete(tell);
      },
    };
  };
}
