/**
 * How much RTP a child may send in a second: an encoder that has gone mad sends as fast as its pipe is read, with
 * headers in perfect order, and all that it sends goes to every viewer. Pure: it is given the time.
 */

/** A child sends too much beyond so many times its target; a key frame takes several times its share, not this. */
const targetFactor = 20;
/** No child sends too much below this, in bit/s: it does no harm, and a low target does not hold for a key frame. */
const leastBoundBps = 100_000_000;
/** Mean size of the packets that fill the bound, in bytes: small ones cost the agent as much as large ones. */
const meanPacketBytes = 1_000;
const windowMs = 1_000;

/** See the module's description. */
export class RtpBound {
  #maxBytes = 0;
  #windowEndMs = -Infinity;
  #bytes = 0;
  #packets = 0;

  /** @param targetBps of the child's encoder; `undefined` where it has none that matters. */
  constructor(targetBps = 0) {
    this.setTargetBps(targetBps);
  }

  setTargetBps(targetBps: number): void {
    this.#maxBytes = Math.max(leastBoundBps, targetFactor * targetBps) / 8;
  }

  /**
   * A packet arrived.
   * @returns what was too much in this second, in words; `undefined` where nothing was.
   */
  onPacket(nowMs: number, bytes: number): string | undefined {
    if (nowMs >= this.#windowEndMs) {
      this.#windowEndMs = nowMs + windowMs;
      this.#bytes = 0;
      this.#packets = 0;
    }
    this.#bytes += bytes;
    this.#packets += 1;
    if (this.#bytes > this.#maxBytes)
      return `more than ${Math.round(this.#maxBytes / 1e5) / 10} MB of RTP in a second`;
    const maxPackets = this.#maxBytes / meanPacketBytes;
    if (this.#packets > maxPackets)
      return `more than ${Math.round(maxPackets)} packets of RTP in a second`;
    return undefined;
  }
}
