/**
 * Discontinuous transmission of multistream Opus (RFC 6716, 2.1.9): `rtpopuspay` leaves out the packets of silence of
 * one stream, up to two bytes, and knows none of several.
 */
const rtpHeaderBytes = 12;
const markerBit = 0x80;

/** See the module's description. */
export class MultistreamDtx {
  readonly #emptyBytes: number;
  #isPausing = false;

  /** @param streams Opus streams in a packet. */
  constructor(streams: number) {
    // A frame without content is its TOC byte; all but the last stream also have a length (RFC 6716, appendix B).
    this.#emptyBytes = rtpHeaderBytes + 2 * streams - 1;
  }

  /**
   * Whether `packet`, with a plain header, has anything to say. The first that has after a pause is marked as the
   * beginning of a talkspurt (RFC 7587, 4.2).
   */
  admit(packet: Buffer): boolean {
    if (packet.length <= this.#emptyBytes) {
      this.#isPausing = true;
      return false;
    }
    if (this.#isPausing) packet[1] = (packet[1] ?? 0) | markerBit;
    this.#isPausing = false;
    return true;
  }
}
