/**
 * What an encoder must be told so that its target is met, as arithmetic without clock or I/O.
 *
 * - An encoder that counts frames believes in `nominalFps` of them a second. Content that is slower would get its share
 *   of the bits only, so its rate is multiplied by nominal over measured frames (x264enc with content of 25 Hz: 38 %
 *   of the target without, 98 % with it). After quiet nothing is measured and the setting counts, so that the first
 *   frame is no larger than one of a steady stream.
 * - What an encoder misses by habit (x264enc: 12 % of the target on moving content) is corrected from the bytes
 *   it delivers, slowly and within {@link maxCorrection}, while the content takes most of its bits: content that does
 *   not need them says nothing of the encoder.
 */
import { FrameRateMeter } from "./frame-rate-meter.ts";

/** Content slower than this gets the bits of this many frames: one frame must not be under way for a tenth of a second. */
export const leastFps = 10;
/** The correction lies between 1 − this and 1 + this: with it a frame of one frame's worth stays below a VBV of 1.5. */
export const maxCorrection = 0.25;
/** Time constant of the correction. */
const correctionMs = 600;
/** Content that takes less of its bits, in the mean, does not need them. */
const needyShare = 0.6;
/** Time constant of that mean. */
const needMs = 150;
/** A frame that took more counts as this: one burst does not starve the second that follows. */
const mostShare = 4;
/** The encoder is told of changes from this share on: each is a reconfiguration. */
const tellShare = 0.03;

/** What an encoder is to do. */
export interface GovernedRate {
  /** Bits per second to ask it for, before it is scaled by frames. */
  targetBps: number;
  /** Frames per second that it will get. */
  frameRate: number;
}

/** See the module's description. All times are monotonic milliseconds. */
export class RateGovernor {
  readonly #meter = new FrameRateMeter();
  #targetBps: number;
  #frameRate: number;
  #correction = 1;
  #meanShare = 0;
  #intervalMs: number | undefined;
  #told: GovernedRate | undefined;

  /** @param options.frameRate the setting: frames per second at most, 1–144. */
  constructor(options: { targetBps: number; frameRate: number }) {
    this.#targetBps = options.targetBps;
    this.#frameRate = options.frameRate;
  }

  /** What the encoder should be told now. */
  get rate(): GovernedRate {
    const measured = this.#meter.perSecond ?? this.#frameRate;
    const least = Math.min(leastFps, this.#frameRate);
    return {
      targetBps: this.#targetBps * this.#correction,
      frameRate: Math.min(Math.max(measured, least), this.#frameRate),
    };
  }

  /** The settings changed; the correction stays, because it is the encoder's. */
  setRate(options: { targetBps: number; frameRate: number }): void {
    this.#targetBps = options.targetBps;
    this.#frameRate = options.frameRate;
    this.#told = undefined;
  }

  /** A frame is about to go to the encoder. @returns what to tell it before; `undefined` where it knows. */
  onFrame(nowMs: number): GovernedRate | undefined {
    this.#intervalMs = this.#meter.onFrame(nowMs);
    const { rate } = this;
    const told = this.#told;
    if (
      told !== undefined &&
      isNear(rate.targetBps, told.targetBps) &&
      isNear(rate.frameRate, told.frameRate)
    ) {
      return undefined;
    }
    this.#told = rate;
    return rate;
  }

  /** The frame came out of the encoder. */
  onEncoded(frame: { bytes: number; isKeyFrame: boolean }): void {
    const intervalMs = this.#intervalMs;
    this.#intervalMs = undefined;
    if (intervalMs === undefined || frame.isKeyFrame) return;
    // Of the mean interval, not of this frame's: an encoder that counts frames does not know that one.
    const share = (frame.bytes * 8 * this.rate.frameRate) / this.#targetBps;
    const weight = Math.min(1, intervalMs / needMs);
    this.#meanShare += (Math.min(share, mostShare) - this.#meanShare) * weight;
    if (this.#meanShare < needyShare) return;
    const missed = 1 - Math.min(share, mostShare);
    const step = (missed * intervalMs) / correctionMs;
    this.#correction = Math.min(
      Math.max(this.#correction + step, 1 - maxCorrection),
      1 + maxCorrection,
    );
  }
}

function isNear(value: number, other: number): boolean {
  return Math.abs(value - other) < other * tellShare;
}
