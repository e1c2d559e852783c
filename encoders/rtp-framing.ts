/**
 * RFC 4571: RTP and RTCP packets in a byte stream, each behind a 16-bit big-endian length.
 */

/** Largest packet the framing can carry. */
const maxPacketBytes = 65_535;
const lengthBytes = 2;

/**
 * Cuts a byte stream into packets. Memory is bounded by one packet, because a length cannot exceed
 * {@link maxPacketBytes}. Packets are views of the chunk they arrived in where they lie in one piece. An
 * empty one is delivered as well: no pipeline makes any, so it tells of one that has gone wrong.
 */
export class RtpFrameDecoder {
  readonly #onPacket: (packet: Buffer) => void;
  readonly #pending = Buffer.allocUnsafe(lengthBytes + maxPacketBytes);
  #pendingBytes = 0;

  constructor(onPacket: (packet: Buffer) => void) {
    this.#onPacket = onPacket;
  }

  write(chunk: Buffer): void {
    let offset = this.#pendingBytes > 0 ? this.#completePending(chunk) : 0;
    while (chunk.length - offset >= lengthBytes) {
      const end = offset + lengthBytes + chunk.readUInt16BE(offset);
      if (end > chunk.length) break;
      this.#onPacket(chunk.subarray(offset + lengthBytes, end));
      offset = end;
    }
    if (offset < chunk.length) {
      this.#pendingBytes += chunk.copy(
        this.#pending,
        this.#pendingBytes,
        offset,
      );
    }
  }

  /** Continues the packet that an earlier chunk began; returns how much of `chunk` it took. */
  #completePending(chunk: Buffer): number {
    let offset = 0;
    while (this.#pendingBytes < lengthBytes && offset < chunk.length) {
      this.#pendingBytes += chunk.copy(
        this.#pending,
        this.#pendingBytes,
        offset,
        ++offset,
      );
    }
    if (this.#pendingBytes < lengthBytes) return offset;
    const wanted = lengthBytes + this.#pending.readUInt16BE(0);
    const copied = chunk.copy(
      this.#pending,
      this.#pendingBytes,
      offset,
      Math.min(chunk.length, offset + wanted - this.#pendingBytes),
    );
    this.#pendingBytes += copied;
    if (this.#pendingBytes === wanted) {
      // A copy: #pending is used again for the next packet, and consumers may keep this one.
      this.#onPacket(Buffer.from(this.#pending.subarray(lengthBytes, wanted)));
      this.#pendingBytes = 0;
    }
    return offset + copied;
  }
}

/** `packet` with its length in front. */
export function frameRtp(packet: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(lengthBytes + packet.length);
  framed.writeUInt16BE(packet.length, 0);
  packet.copy(framed, lengthBytes);
  return framed;
}
