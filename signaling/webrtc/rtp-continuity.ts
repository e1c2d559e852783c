/**
 * One unbroken RTP stream out of sources that come and go.
 *
 * A browser knows one SSRC with one sequence and one clock. Each child of the media side starts with
 * random ones; this keeps the numbers that leave going up without a gap.
 */
import type { MediaTimeReference } from "../media.ts";

const uint32 = 2 ** 32;

/** Maps sequence numbers and timestamps of successive sources to one stream. */
export class RtpContinuity {
  readonly #clockRate: number;
  #nextSequence: number;
  #offset: number | undefined;
  #lastTimestamp: number;
  #lastMs: number | undefined;

  /**
   * @param options.firstSequence 0–65535 and `options.firstTimestamp` 32 bits: random, RFC 3550,
   * section 5.1.
   */
  constructor(options: {
    clockRate: number;
    firstSequence: number;
    firstTimestamp: number;
  }) {
    this.#clockRate = options.clockRate;
    this.#nextSequence = options.firstSequence & 0xffff;
    this.#lastTimestamp = options.firstTimestamp % uint32;
  }

  /** The next packet comes from another source. */
  reset(): void {
    this.#offset = undefined;
  }

  nextSequence(): number {
    const sequence = this.#nextSequence;
    this.#nextSequence = (sequence + 1) & 0xffff;
    return sequence;
  }

  /** The outgoing timestamp for a packet that carries `timestamp` and passes at `nowMs` (monotonic). */
  timestamp(timestamp: number, nowMs: number): number {
    if (this.#offset === undefined) {
      // The new source's clock has no relation to the old one's: bridge the gap by elapsed time.
      const elapsedMs = this.#lastMs === undefined ? 0 : nowMs - this.#lastMs;
      const ticks = Math.max(
        1,
        Math.round((elapsedMs * this.#clockRate) / 1_000),
      );
      this.#offset =
        (this.#lastTimestamp + ticks - timestamp + 2 * uint32) % uint32;
    }
    this.#lastMs = nowMs;
    this.#lastTimestamp = (timestamp + this.#offset) % uint32;
    return this.#lastTimestamp;
  }

  /**
   * The outgoing timestamp at wall-clock time `ntp`, by what the source said of its clock; `undefined`
   * until a packet of that source has passed.
   */
  timestampAt(ntp: bigint, reference: MediaTimeReference): number | undefined {
    if (this.#offset === undefined) return undefined;
    const seconds = Number(ntp - reference.ntp) / uint32;
    const ticks = Math.round(seconds * this.#clockRate);
    const timestamp = (reference.rtpTimestamp + this.#offset + ticks) % uint32;
    return timestamp < 0 ? timestamp + uint32 : timestamp;
  }
}
