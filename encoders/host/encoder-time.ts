/**
 * Timestamps for encoders: time without its pauses.
 *
 * libvpx and OpenH264 take the time since the last frame for the time that a frame's bits may last: after two
 * seconds of quiet VP8 made its first frame 44 times as large as its VBV, and the viewer waited for it. So an encoder
 * sees a pause as one ordinary interval, and the pad behind it delays what follows by the rest: in RTP each
 * frame has the time at which its pixels were taken.
 */
import { pauseMs } from "./frame-rate-meter.ts";

const nsPerMs = 1_000_000n;
const pauseNs = BigInt(pauseMs) * nsPerMs;
/** What a pause counts as: little, so that the frame behind it is on its way soon. */
const ordinaryNs = 16_666_667n;
/** Least step, where two frames have one time: encoders insist on an increase. */
const leastStepNs = 1_000n;

/** The time of one frame. */
export interface FrameTime {
  /** For the encoder. */
  ptsNs: bigint;
  /** What must be added behind the encoder. */
  delayNs: bigint;
}

/** See the module's description. */
export class EncoderTime {
  #lastNs: bigint | undefined;
  #delayNs = 0n;

  /**
   * When a key frame is to be due so that the next frame is one, in the time behind the pad. "At once"
   * (`GST_CLOCK_TIME_NONE`) will not do: to that GStreamer 1.22 adds the pad's delay, and then the key frame is due in
   * some centuries; nor will a time before the last key frame, which it takes for the answer.
   */
  get keyFrameDueNs(): bigint {
    return this.#lastNs === undefined ? 0n : this.#lastNs + 1n + this.#delayNs;
  }

  /** @param realNs when the pixels of the next frame were taken, on the pipeline's clock. */
  next(realNs: bigint): FrameTime {
    const lastNs = this.#lastNs;
    let ptsNs = realNs - this.#delayNs;
    if (lastNs !== undefined) {
      const stepNs = ptsNs - lastNs;
      if (stepNs >= pauseNs) {
        ptsNs = lastNs + ordinaryNs;
        this.#delayNs = realNs - ptsNs;
      } else if (stepNs < leastStepNs) {
        ptsNs = lastNs + leastStepNs;
      }
    }
    this.#lastNs = ptsNs;
    return { ptsNs, delayNs: this.#delayNs };
  }
}
