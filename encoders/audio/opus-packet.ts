/**
 * Whether bytes are a packet of Opus, by the rules of RFC 6716, section 3.4.
 *
 * A decoder refuses what breaks them, and opusdec with in-band FEC then never gets past it: it tries the same packet again with
 * each that follows (GStreamer 1.22, gstopusdec.c keeps the latest buffer until it was decoded).
 */

/** R2. */
const longestFrameBytes = 1_275;
/** R5: 120 ms, in samples at 48 kHz. */
const longestPacketSamples = 5_760;

/** Whether a decoder takes `packet`. */
export function isOpusPacket(packet: Uint8Array): boolean {
  const [toc] = packet;
  if (toc === undefined) return false; // R1.
  const body = packet.subarray(1);
  switch (toc & 0b11) {
    case 0:
      return body.length <= longestFrameBytes;
    case 1: // R3: two frames of one length.
      return body.length % 2 === 0 && body.length / 2 <= longestFrameBytes;
    case 2: // R4: two frames, the length of the first in front.
      return fit(body, 1);
    default:
      return isManyFrames(body, frameSamples(toc >> 3));
  }
}

/** R6 and R7: any number of frames, of one length or with their lengths in front, and padding. */
function isManyFrames(body: Uint8Array, samples: number): boolean {
  const [counts] = body;
  if (counts === undefined) return false;
  const frames = counts & 0b11_1111;
  if (frames === 0 || frames * samples > longestPacketSamples) return false;
  const hasLengths = (counts & 0b1000_0000) !== 0;
  const rest = withoutPadding(body.subarray(1), (counts & 0b100_0000) !== 0);
  if (rest === undefined) return false;
  if (hasLengths) return fit(rest, frames - 1);
  return (
    rest.length % frames === 0 && rest.length / frames <= longestFrameBytes
  );
}

/** Whether `lengths` lengths and their frames fit in `body`, and what is left is another frame. */
function fit(body: Uint8Array, lengths: number): boolean {
  let [at, bytes] = [0, 0];
  for (let read = 0; read < lengths; read += 1) {
    const first = body[at];
    if (first === undefined) return false;
    at += 1;
    let length = first;
    if (first >= 252) {
      const second = body[at];
      if (second === undefined) return false;
      at += 1;
      length += 4 * second;
    }
    bytes += length; // At most 255 + 4 × 255: no frame of these is too long.
  }
  const last = body.length - at - bytes;
  return last >= 0 && last <= longestFrameBytes;
}

/** What stands between the length of the padding, in front, and the padding, behind; `undefined` where it does not fit. */
function withoutPadding(
  body: Uint8Array,
  isPadded: boolean,
): Uint8Array | undefined {
  if (!isPadded) return body;
  let [at, padding] = [0, 0];
  for (;;) {
    const length = body[at];
    if (length === undefined) return undefined;
    at += 1;
    padding += length === 255 ? 254 : length;
    if (length < 255) break;
  }
  const end = body.length - padding;
  return end < at ? undefined : body.subarray(at, end);
}

/** Samples at 48 kHz of a frame: table 2 of section 3.1. */
function frameSamples(config: number): number {
  if (config < 12) return [480, 960, 1_920, 2_880][config % 4] ?? 0;
  if (config < 16) return [480, 960][config % 2] ?? 0;
  return [120, 240, 480, 960][config % 4] ?? 0;
}
