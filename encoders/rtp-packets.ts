/**
 * The little of RTP and RTCP that the agent reads from, and writes to, its own pipelines.
 */

/** Length of an RTP header without CSRC and extension (RFC 3550, section 5.1): all our pipelines make. */
export const rtpHeaderBytes = 12;

/** A shorter packet has no payload, or is not RTP. */
export function isRtp(packet: Buffer): boolean {
  return packet.length > rtpHeaderBytes && (packet[0] ?? 0) >> 6 === 2;
}

/** Tells RTCP from RTP on one stream (RFC 5761, section 4). */
export function isRtcp(packet: Buffer): boolean {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** Whether an RTP packet of video is the last of its frame: the marker bit (RFC 3550, section 5.1). */
export function endsFrame(packet: Buffer): boolean {
  return ((packet[1] ?? 0) & 0x80) !== 0;
}

/** A point that ties an RTP timestamp to wall-clock time. */
export interface SenderReport {
  /** NTP timestamp, 32.32 fixed point (RFC 3550, section 4). */
  ntp: bigint;
  rtpTimestamp: number;
}

const senderReportType = 200;
const senderReportBytes = 28;

/** The sender report at the head of an RTCP compound packet, or `undefined` where there is none. */
export function readSenderReport(packet: Buffer): SenderReport | undefined {
  if (packet[1] !== senderReportType || packet.length < senderReportBytes) {
    return undefined;
  }
  return {
    ntp: packet.readBigUInt64BE(8),
    rtpTimestamp: packet.readUInt32BE(16),
  };
}

const goodbyeType = 203;

/** Whether an RTCP compound packet says that its sender has ended (RFC 3550, section 6.6). */
export function saysGoodbye(packet: Buffer): boolean {
  let offset = 0;
  while (offset + 4 <= packet.length) {
    if (packet[offset + 1] === goodbyeType) return true;
    // The length of each part is in words, without the first one (RFC 3550, section 6.4.1).
    offset += 4 * (packet.readUInt16BE(offset + 2) + 1);
  }
  return false;
}

/** An RTCP picture loss indication (RFC 4585, section 6.3.1) about `mediaSsrc`. */
export function pictureLossIndication(mediaSsrc: number): Buffer {
  const packet = Buffer.alloc(12);
  packet[0] = 0x81; // version 2, format 1
  packet[1] = 206; // payload-specific feedback
  packet.writeUInt16BE(2, 2);
  packet.writeUInt32BE(1, 4); // our own SSRC: rtpbin only wants it to differ from its own
  packet.writeUInt32BE(mediaSsrc, 8);
  return packet;
}
