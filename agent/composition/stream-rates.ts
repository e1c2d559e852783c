/**
 * The rates of a stream whose encoder several viewers share: the lowest that one of them wishes for, and the settings
 * where nobody wishes for less. A wish goes with its viewer. Pure.
 */
import { rateRanges } from "../../encoders/video-encoding.ts";
import type { RateWish } from "../../signaling/media.ts";

/** Rates as they are given to an encoder: whole numbers, within {@link rateRanges}. */
export interface StreamRate {
  /** Target in bit/s. */
  targetBps: number;
  /** Frames per second at most. */
  frameRate: number;
}

/** See the module's description. */
export class StreamRates {
  readonly #settings: StreamRate;
  readonly #wishes = new Map<object, RateWish>();

  /** @param settings the most that there may be of both. */
  constructor(settings: StreamRate) {
    this.#settings = settings;
  }

  /** What holds now. */
  get rate(): StreamRate {
    return {
      targetBps: this.#lowest("targetBps"),
      frameRate: this.#lowest("frameRate"),
    };
  }

  /** What `viewer` wishes for from now on; what the wish leaves out stays as it was wished for before. */
  wish(viewer: object, wish: RateWish): void {
    this.#wishes.set(viewer, { ...this.#wishes.get(viewer), ...wish });
  }

  /** Takes back what `viewer` wished for. */
  forget(viewer: object): void {
    this.#wishes.delete(viewer);
  }

  #lowest(kind: keyof StreamRate): number {
    let lowest = this.#settings[kind];
    for (const { [kind]: wished } of this.#wishes.values()) {
      // What is not a number says nothing, and must not become the rate of everybody.
      if (wished !== undefined && wished < lowest) lowest = wished;
    }
    const { min, max } = rateRanges[kind];
    return Math.round(Math.min(Math.max(lowest, min), max));
  }
}
