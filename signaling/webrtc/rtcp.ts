/**
 * RTCP that the agent writes (RFC 3550, section 6), and NTP time.
 */

/** Seconds between the epochs of NTP (1900) and Unix (1970). */
const ntpEpochOffsetSeconds = 2_208_988_800;

/** Unix time as an NTP timestamp, 32.32 fixed point. */
export function ntpFromUnixMs(unixMs: number): bigint {
  const seconds = Math.floor(unixMs / 1_000);
  const fraction = Math.round(((unixMs - seconds * 1_000) / 1_000) * 2 ** 32);
  return (BigInt(seconds + ntpEpochOffsetSeconds) << 32n) + BigInt(fraction);
}

/** The middle 32 bits of an NTP timestamp, by which receivers refer to a sender report. */
export function compactNtp(ntp: bigint): number {
  return Number((ntp >> 16n) & 0xffff_ffffn);
}

/** A compound packet: sender report and the source description that RFC 3550 wants with it. */
export function senderReport(options: {
  ssrc: number;
  ntp: bigint;
  rtpTimestamp: number;
  packetCount: number;
  octetCount: number;
  cname: string;
}): Buffer {
  const report = Buffer.alloc(28);
  report[0] = 0x80;
  report[1] = 200;
  report.writeUInt16BE(6, 2);
  report.writeUInt32BE(options.ssrc, 4);
  report.writeBigUInt64BE(options.ntp, 8);
  report.writeUInt32BE(options.rtpTimestamp, 16);
  report.writeUInt32BE(options.packetCount >>> 0, 20);
  report.writeUInt32BE(options.octetCount >>> 0, 24);
  return Buffer.concat([
    report,
    sourceDescription(options.ssrc, options.cname),
  ]);
}

function sourceDescription(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname, "utf8").subarray(0, 255);
  // Chunk: SSRC, one CNAME item, and at least one zero byte up to the next 32-bit boundary.
  const chunkBytes = Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const packet = Buffer.alloc(4 + chunkBytes);
  packet[0] = 0x81;
  packet[1] = 202;
  packet.writeUInt16BE(chunkBytes / 4, 2);
  packet.writeUInt32BE(ssrc, 4);
  packet[8] = 1;
  packet[9] = name.length;
  name.copy(packet, 10);
  return packet;
}
