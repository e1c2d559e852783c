/**
 * The packets of the recent past, for retransmission.
 */

/** A packet as it was sent, before encryption. */
export interface SentPacket {
  sequenceNumber: number;
  header: Buffer;
  payload: Buffer;
  sentMs: number;
  /** When it was last sent again; 0 where it never was. */
  resentMs: number;
}

/**
 * A ring with a slot for each of the last {@link capacity} sequence numbers; what is older than
 * {@link maxAgeMs} is not given out any more. One 1080p key frame has several hundred packets, so a
 * small fixed number would forget a frame while it is still being sent.
 */
export class SendHistory {
  /** A power of two. 4,096 packets are about 4.7 MB, shared with all viewers of the stream. */
  static readonly capacity = 4_096;
  /** A retransmission that comes later than this is of no use to a live picture. */
  static readonly maxAgeMs = 1_000;
  readonly #slots = new Array<SentPacket | undefined>(SendHistory.capacity);

  add(packet: SentPacket): void {
    this.#slots[packet.sequenceNumber & (SendHistory.capacity - 1)] = packet;
  }

  find(sequenceNumber: number, nowMs: number): SentPacket | undefined {
    const packet = this.#slots[sequenceNumber & (SendHistory.capacity - 1)];
    return packet?.sequenceNumber === sequenceNumber &&
      nowMs - packet.sentMs <= SendHistory.maxAgeMs
      ? packet
      : undefined;
  }

  clear(): void {
    this.#slots.fill(undefined);
  }
}
