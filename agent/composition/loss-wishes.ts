/**
 * What the viewers of the sound say of their losses: they share one encoder, so the largest counts.
 */
import type { RateWish } from "../../signaling/media.ts";

/** See the module's description. */
export class LossWishes {
  readonly #percents = new Map<object, number>();
  readonly #onChange: (percent: number) => void;
  #percent = 0;

  /** @param onChange told of each new {@link percent}. Must not throw. */
  constructor(onChange: (percent: number) => void) {
    this.#onChange = onChange;
  }

  /** Packets in a hundred that the encoder should reckon with, 0–100. */
  get percent(): number {
    return this.#percent;
  }

  /** `viewer` wishes, or has left where there is no wish. */
  wish(viewer: object, wish: RateWish | undefined): void {
    if (wish === undefined) this.#percents.delete(viewer);
    else if ("fecLossPercent" in wish) {
      const percent = Math.round(wish.fecLossPercent ?? 0);
      this.#percents.set(viewer, Math.min(Math.max(percent, 0), 100));
    }
    const percent = Math.max(0, ...this.#percents.values());
    if (percent === this.#percent) return;
    this.#percent = percent;
    this.#onChange(percent);
  }
}
