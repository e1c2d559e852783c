/**
 * What has been sent beyond the bit rate, as arithmetic without clock or I/O: a leaky bucket.
 *
 * An encoder at its coarsest quantiser takes what it takes: vp8enc sent 16–24 Mbit/s of noise where 6 were allowed, and 4–7
 * of scrolling text where 0.4 were, by frames that it may not drop. So the next frame waits until the ones before it are
 * paid: fewer frames, each of the newest picture, instead of a queue in the network.
 */

/** So much may be ahead, in milliseconds of the target: a key frame is no reason to hold up what follows it. */
export const allowanceMs = 300;
/** One frame holds up the next for no longer than this: a picture that stands still looks like a fault. */
export const longestHoldMs = 2_000;
/** It is paid off a little faster than the target, so that an encoder which meets it has no debt. */
const payShare = 1.03;

/** See the module's description. All times are monotonic milliseconds. */
export class BitDebt {
  #targetBps: number;
  /** When everything that was sent is paid. */
  #paidMs = -Infinity;

  /** @param targetBps bits per second that may be sent in the mean. */
  constructor(targetBps: number) {
    this.#targetBps = targetBps;
  }

  /** The earliest time for another frame. */
  get heldUntilMs(): number {
    return this.#paidMs - allowanceMs;
  }

  /** Another rate holds; what is owed is owed in bits, and takes as much longer or shorter. */
  setTarget(targetBps: number, nowMs: number): void {
    const owedMs = this.#paidMs > nowMs ? this.#paidMs - nowMs : 0;
    if (owedMs > 0) this.#owe((owedMs * this.#targetBps) / targetBps, nowMs);
    this.#targetBps = targetBps;
  }

  /** A frame of so many bytes was sent. */
  spend(bytes: number, nowMs: number): void {
    const costMs = (bytes * 8_000) / (this.#targetBps * payShare);
    this.#owe(Math.max(0, this.#paidMs - nowMs) + costMs, nowMs);
  }

  #owe(owedMs: number, nowMs: number): void {
    this.#paidMs = nowMs + Math.min(owedMs, allowanceMs + longestHoldMs);
  }
}
