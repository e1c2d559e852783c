/**
 * Headers of RTP: those of outgoing packets from a template, since only three fields differ between them; those of
 * incoming packets made plain.
 */

/** A header extension element: its negotiated id (1–14) and its constant value (1–16 bytes). */
export interface ConstantExtension {
  id: number;
  value: Buffer;
}

const fixedBytes = 12;

/**
 * The playout-delay extension with both bounds 0: show each frame as soon as it is decoded, and keep
 * no buffer against jitter (http://www.webrtc.org/experiments/rtp-hdrext/playout-delay; two 12-bit
 * values in units of 10 ms).
 */
export const noPlayoutDelay = Buffer.from([0, 0, 0]);

/** Makes headers for one SSRC and payload type. */
export class RtpHeaderTemplate {
  readonly #template: Buffer;
  readonly #payloadType: number;

  /** Elements are written in the one-byte form of RFC 8285, section 4.2. */
  constructor(options: {
    ssrc: number;
    payloadType: number;
    extensions: readonly ConstantExtension[];
  }) {
    this.#payloadType = options.payloadType;
    const elements = Buffer.concat(
      options.extensions.map(({ id, value }) =>
        Buffer.concat([Buffer.from([(id << 4) | (value.length - 1)]), value]),
      ),
    );
    const words = Math.ceil(elements.length / 4);
    const hasExtension = elements.length > 0;
    this.#template = Buffer.alloc(
      fixedBytes + (hasExtension ? 4 + words * 4 : 0),
    );
    this.#template[0] = hasExtension ? 0x90 : 0x80;
    this.#template.writeUInt32BE(options.ssrc, 8);
    if (hasExtension) {
      this.#template.writeUInt16BE(0xbede, fixedBytes);
      this.#template.writeUInt16BE(words, fixedBytes + 2);
      elements.copy(this.#template, fixedBytes + 4);
    }
  }

  /** A header of its own for one packet. */
  header(sequenceNumber: number, timestamp: number, marker: boolean): Buffer {
    const header = Buffer.from(this.#template);
    header[1] = (marker ? 0x80 : 0) | this.#payloadType;
    header.writeUInt16BE(sequenceNumber, 2);
    header.writeUInt32BE(timestamp, 4);
    return header;
  }
}

/** What a header of 12 bytes says (RFC 3550, section 5.1). */
export interface PlainHeader {
  marker: boolean;
  payloadType: number;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
}

/** The packet without the extensions and contributing sources that a browser may add. */
export function plainPacket(
  header: Readonly<PlainHeader>,
  payload: Buffer,
): Buffer {
  const { marker, payloadType, sequenceNumber, timestamp, ssrc } = header;
  const packet = Buffer.allocUnsafe(fixedBytes + payload.length);
  packet[0] = 0x80;
  packet[1] = (marker ? 0x80 : 0) | payloadType;
  packet.writeUInt16BE(sequenceNumber, 2);
  packet.writeUInt32BE(timestamp, 4);
  packet.writeUInt32BE(ssrc, 8);
  payload.copy(packet, fixedBytes);
  return packet;
}
