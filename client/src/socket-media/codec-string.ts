/**
 * What WebCodecs wants to be told of a stream.
 */
import type { SocketVideoCodec } from "../../../signaling/protocol/socket-media.ts";

const nalSps = 7;

/**
 * The codec string of a key frame (RFC 6381, section 3.3, for H.264); `undefined` where the frame lacks its parameters.
 * @param frame a frame as `protocol/socket-media.ts` describes it.
 */
export function codecStringOf(
  codec: SocketVideoCodec,
  frame: Uint8Array,
): string | undefined {
  if (codec === "vp8") return "vp8";
  for (let at = 0; at + 7 < frame.length; at += 1) {
    const isUnit =
      frame[at] === 0 &&
      frame[at + 1] === 0 &&
      frame[at + 2] === 1 &&
      ((frame[at + 3] ?? 0) & 0x1f) === nalSps;
    // Profile, constraints and level are the first three bytes of the parameters (ITU-T H.264, 7.3.2.1.1).
    if (isUnit) return `avc1.${hex(frame.subarray(at + 4, at + 7))}`;
  }
  return undefined;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
