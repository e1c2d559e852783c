/**
 * Puts the frames together again that a payloader has cut into RTP packets.
 *
 * The packets come from the agent's own pipeline by a pipe: in order, none lost, and with the plain 12-byte header.
 */
import {
  mediaHeaderBytes,
  type SocketVideoCodec,
} from "../protocol/socket-media.ts";

/** Takes a frame: room for its header, then its content. It belongs to the callee. */
export type TakeFrame = (
  frame: Uint8Array,
  about: { isKeyFrame: boolean; timestamp: number },
) => void;

const rtpHeaderBytes = 12;
const timestampOffset = 4;
const markerBit = 0x80;
/** A frame that is larger is none: the pipelines bound theirs to a fraction of it. */
const maxFrameBytes = 8 * 1_048_576;
const header = Buffer.alloc(mediaHeaderBytes);

/** See the module's description. */
export class FrameAssembler {
  readonly #unpack: (packet: Buffer, into: Buffer[]) => void;
  readonly #take: TakeFrame;
  #pieces: Buffer[] = [header];
  #bytes = 0;
  #isKeyFrame = false;

  constructor(codec: SocketVideoCodec, take: TakeFrame) {
    this.#unpack = codec === "h264" ? unpackH264 : unpackVp8;
    this.#take = take;
  }

  /** @param startsKeyFrame whether it is the first packet of a key frame. */
  onPacket(packet: Buffer, startsKeyFrame: boolean): void {
    if (startsKeyFrame) this.#isKeyFrame = true;
    this.#bytes += packet.length;
    if (this.#bytes <= maxFrameBytes) this.#unpack(packet, this.#pieces);
    if (((packet[1] ?? 0) & markerBit) === 0) return;
    const isWhole = this.#pieces.length > 1 && this.#bytes <= maxFrameBytes;
    const frame = isWhole ? Buffer.concat(this.#pieces) : undefined;
    const isKeyFrame = this.#isKeyFrame;
    this.reset();
    if (frame === undefined) return;
    const timestamp = packet.readUInt32BE(timestampOffset);
    this.#take(frame, { isKeyFrame, timestamp });
  }

  /** Forgets the frame that has begun. */
  reset(): void {
    this.#pieces = [header];
    this.#bytes = 0;
    this.#isKeyFrame = false;
  }
}

const startCode = Buffer.from([0, 0, 0, 1]);
const nalTypeMask = 0x1f;
const stapA = 24;
const fuA = 28;
const fuStart = 0x80;

/** RFC 6184, sections 5.6 to 5.8: single units, aggregates (STAP-A) and fragments (FU-A). */
function unpackH264(packet: Buffer, into: Buffer[]): void {
  const first = packet[rtpHeaderBytes];
  if (first === undefined) return;
  const type = first & nalTypeMask;
  if (type === fuA) {
    const fuHeader = packet[rtpHeaderBytes + 1] ?? 0;
    if ((fuHeader & fuStart) !== 0) {
      const nalHeader = (first & ~nalTypeMask) | (fuHeader & nalTypeMask);
      into.push(startCode, Buffer.of(nalHeader));
    }
    into.push(packet.subarray(rtpHeaderBytes + 2));
    return;
  }
  if (type !== stapA) {
    into.push(startCode, packet.subarray(rtpHeaderBytes));
    return;
  }
  let offset = rtpHeaderBytes + 1;
  while (offset + 2 < packet.length) {
    const end = offset + 2 + packet.readUInt16BE(offset);
    into.push(startCode, packet.subarray(offset + 2, end));
    offset = end;
  }
}

/** RFC 7741, section 4.2: what follows the payload descriptor. */
function unpackVp8(packet: Buffer, into: Buffer[]): void {
  let offset = rtpHeaderBytes;
  const descriptor = packet[offset++] ?? 0;
  if ((descriptor & 0x80) !== 0) {
    const extensions = packet[offset++] ?? 0;
    if ((extensions & 0x80) !== 0)
      offset += ((packet[offset] ?? 0) & 0x80) !== 0 ? 2 : 1; // picture ID
    if ((extensions & 0x40) !== 0) offset += 1; // TL0PICIDX
    if ((extensions & 0x30) !== 0) offset += 1; // TID or KEYIDX
  }
  if (offset < packet.length) into.push(packet.subarray(offset));
}
