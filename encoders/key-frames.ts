/**
 * Says whether an RTP packet is the first of a key frame, for each codec.
 */
import { rtpHeaderBytes } from "./rtp-packets.ts";
import type { VideoPipelineCodec } from "./video-encoding.ts";

/** Says whether an RTP packet is the first of a key frame. */
export type KeyFrameDetector = (packet: Buffer) => boolean;

const nalSps = 7;
const nalStapA = 24;
const unitLengthBytes = 2;

/**
 * H.264 (RFC 6184): a key frame begins with the parameter sets, because the payloader is told to repeat them
 * before each IDR. They come alone or in an aggregate, which an access unit delimiter may lead.
 */
export const startsH264KeyFrame: KeyFrameDetector = (packet) => {
  const typeAt = (offset: number): number => (packet[offset] ?? 0) & 0x1f;
  const type = typeAt(rtpHeaderBytes);
  if (type !== nalStapA) return type === nalSps;
  return aggregates(packet, 1, (offset) => typeAt(offset) === nalSps);
};

/** Whether an aggregate has a unit that is looked for; each stands behind a length of two bytes. */
function aggregates(
  packet: Buffer,
  unitHeaderBytes: number,
  isWanted: (offset: number) => boolean,
): boolean {
  let offset = rtpHeaderBytes + unitHeaderBytes;
  while (offset + unitLengthBytes + unitHeaderBytes <= packet.length) {
    if (isWanted(offset + unitLengthBytes)) return true;
    offset += unitLengthBytes + packet.readUInt16BE(offset);
  }
  return false;
}

/** VP8 (RFC 7741, sections 4.2 and 4.3): start of partition 0, and the P bit of the frame header is 0. */
export const startsVp8KeyFrame: KeyFrameDetector = (packet) => {
  let offset = rtpHeaderBytes;
  const descriptor = packet[offset++] ?? 0;
  const startsPartition0 =
    (descriptor & 0x10) !== 0 && (descriptor & 0x0f) === 0;
  if (!startsPartition0) return false;
  if ((descriptor & 0x80) !== 0) {
    const extensions = packet[offset++] ?? 0;
    if ((extensions & 0x80) !== 0) {
      offset += ((packet[offset] ?? 0) & 0x80) !== 0 ? 2 : 1; // picture ID
    }
    if ((extensions & 0x40) !== 0) offset += 1; // TL0PICIDX
    if ((extensions & 0x30) !== 0) offset += 1; // TID or KEYIDX
  }
  return offset < packet.length && ((packet[offset] ?? 1) & 0x01) === 0;
};

/** VP9 (RFC 9628, section 4.2): B, the start of a frame, without P, the prediction from another. */
export const startsVp9KeyFrame: KeyFrameDetector = (packet) => {
  const descriptor = packet[rtpHeaderBytes] ?? 0;
  const isStart = (descriptor & 0x08) !== 0;
  const isPredicted = (descriptor & 0x40) !== 0;
  return isStart && !isPredicted;
};

const hevcVps = 32;
const hevcAggregate = 48;

/** H.265 (RFC 7798, section 4.4): as H.264, with a header of two bytes and the VPS in front of all. */
export const startsH265KeyFrame: KeyFrameDetector = (packet) => {
  const typeAt = (offset: number): number =>
    ((packet[offset] ?? 0) >> 1) & 0x3f;
  const type = typeAt(rtpHeaderBytes);
  if (type !== hevcAggregate) return type === hevcVps;
  return aggregates(packet, 2, (offset) => typeAt(offset) === hevcVps);
};

/** AV1 (RTP payload format for AV1, section 4.4): N, the first packet of a coded video sequence. */
export const startsAv1KeyFrame: KeyFrameDetector = (packet) =>
  ((packet[rtpHeaderBytes] ?? 0) & 0x08) !== 0;

/** The detector of each codec. */
export const startsKeyFrame: Readonly<
  Record<VideoPipelineCodec, KeyFrameDetector>
> = {
  h264: startsH264KeyFrame,
  vp8: startsVp8KeyFrame,
  vp9: startsVp9KeyFrame,
  h265: startsH265KeyFrame,
  av1: startsAv1KeyFrame,
};

/** Audio can be joined at any packet. */
export const startsAnywhere: KeyFrameDetector = () => true;
