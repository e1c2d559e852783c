/**
 * Whether a viewer who takes no redundant audio (Firefox) needs Opus' in-band FEC (RFC 6716, section 2.1.7), by what its
 * receiver reports say. Pure; the caller brings the time.
 *
 * It changes the encoder of all viewers and costs an interruption of a tenth of a second, so it is slow: up when a
 * report, which covers five seconds of audio, says that much is lost, and down after a minute without.
 */

/** Loss from which on it is worth that, 0–1, and what the encoder is to reckon with. */
const steps = [
  { loss: 0.1, percent: 25 },
  { loss: 0.03, percent: 10 },
] as const;
/** Loss below this is none. */
const littleLoss = 0.01;
const holdMs = 60_000;

/** See the module's description. */
export class FecPolicy {
  #percent = 0;
  #lastLossMs = -Infinity;

  /** Loss in a hundred packets that the encoder should reckon with; 0 for none. */
  get percent(): number {
    return this.#percent;
  }

  /** @returns whether {@link percent} is another now. */
  onReport(fractionLost: number, nowMs: number): boolean {
    const before = this.#percent;
    const wanted = steps.find(({ loss }) => fractionLost >= loss)?.percent ?? 0;
    this.#percent = Math.max(this.#percent, wanted);
    if (fractionLost >= littleLoss) this.#lastLossMs = nowMs;
    else if (nowMs - this.#lastLossMs >= holdMs) this.#percent = 0;
    return this.#percent !== before;
  }
}
