/**
 * Whether a viewer who asks for a key frame needs one.
 *
 * libwebrtc, which all browsers use, asks when it has seen no frame for 3 s although a packet came within the last
 * 5 s: it takes a screen that stands still for a broken stream. The answer is a packet, so it would ask again 3 s
 * later, for ever (measured in Chromium: a key frame every 3.3 s on a still screen). A receiver that really waits for
 * a key frame asks every 200 ms, and says so at once and not after a pause. So the first request after a pause is not
 * answered where the viewer has reported that it has all there is; a second one within a second is.
 *
 * Pure; the caller brings the time.
 */

/** Less than the 3 s after which libwebrtc gives up on frames, and more than it lets pass when it is in need. */
const pauseMs = 2_500;
/** Two requests within this are no timer's. */
const repeatMs = 1_000;

/** See the module's description. All times are of one monotonic clock. */
export class KeyFrameNeed {
  #sentMs = -Infinity;
  #sentSequence: number | undefined;
  #receivedSequence: number | undefined;
  #askedMs = -Infinity;

  /** A packet with this sequence number has gone out. */
  onSent(sequenceNumber: number, nowMs: number): void {
    this.#sentSequence = sequenceNumber;
    this.#sentMs = nowMs;
  }

  /** @param highestSequence of a report: the highest number received, extended by its cycles (RFC 3550, 6.4.1). */
  onReport(highestSequence: number): void {
    this.#receivedSequence = highestSequence & 0xffff;
  }

  /** The viewer asks. @returns whether it is to be given a key frame. */
  onRequest(nowMs: number): boolean {
    const askedMs = this.#askedMs;
    this.#askedMs = nowMs;
    return (
      this.#sentSequence === undefined ||
      nowMs - this.#sentMs < pauseMs ||
      this.#sentSequence !== this.#receivedSequence ||
      nowMs - askedMs < repeatMs
    );
  }
}
