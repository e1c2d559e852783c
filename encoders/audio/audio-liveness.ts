/**
 * Whether an audio pipeline lives, where silence is its usual state: it owes packets only while the sound
 * server renders. Pure; the caller brings the time.
 */

/** What the caller should do. */
export type AudioVerdict =
  | { kind: "fine" }
  /** Nothing has been heard of it for long: have the sound server render some silence. */
  | { kind: "probe" }
  | { kind: "stalled"; silentMs: number };

/** Bounds, all in milliseconds. */
export interface AudioLivenessOptions {
  /**
   * Longest time of rendering without a packet, counted together over pauses: a probe, and most sounds of a desktop,
   * are shorter than this.
   */
  stallMs: number;
  /** Silence after which the pipeline is asked for a sign of life. */
  probeMs: number;
  /** Now: the pipeline has just sent a packet. */
  nowMs: number;
}

/** See the module's description. */
export class AudioLiveness {
  readonly #stallMs: number;
  readonly #probeMs: number;
  #lastSignMs: number;
  #lastProbeMs: number;
  #judgedMs: number;
  /** Since the last packet. */
  #renderedMs = 0;

  constructor({ stallMs, probeMs, nowMs }: AudioLivenessOptions) {
    this.#stallMs = stallMs;
    this.#probeMs = probeMs;
    this.#lastSignMs = nowMs;
    this.#lastProbeMs = nowMs;
    this.#judgedMs = nowMs;
  }

  /** A packet came at `nowMs`. */
  onPacket(nowMs: number): void {
    this.#lastSignMs = nowMs;
    this.#renderedMs = 0;
  }

  /** The verdict at `nowMs`, given whether the sound server renders. */
  judge(nowMs: number, isRendering: boolean): AudioVerdict {
    if (isRendering)
      this.#renderedMs += nowMs - Math.max(this.#judgedMs, this.#lastSignMs);
    this.#judgedMs = nowMs;
    if (this.#renderedMs >= this.#stallMs)
      return { kind: "stalled", silentMs: nowMs - this.#lastSignMs };
    const quietMs = nowMs - Math.max(this.#lastSignMs, this.#lastProbeMs);
    if (isRendering || quietMs < this.#probeMs) return { kind: "fine" };
    this.#lastProbeMs = nowMs;
    return { kind: "probe" };
  }
}
