/**
 * Which payload types a track uses, out of the codecs that both sides kept. Pure.
 */

import { multistreamOpus } from "./session-codecs.ts";

/** A codec of an m-section after negotiation. */
export interface AgreedCodec {
  /** Without the kind: `opus`, `H264`, `rtx`, `red`. */
  name: string;
  payloadType: number;
  /** The `a=fmtp` line of the side that answered. */
  parameters?: string | undefined;
}

/** Payload types of one track. */
export interface SentCodecs {
  payloadType: number;
  /** Of the retransmissions (RFC 4588), where the viewer takes them. */
  rtx: number | undefined;
  /** Of redundant audio (RFC 2198), where the viewer takes it. */
  red: number | undefined;
  /** Whether it is sound in more channels than two. */
  isSurround: boolean;
}

/**
 * `undefined` where nothing but companions of a codec is left. A viewer whose answer has multistream Opus has put it
 * there on purpose, whatever else it takes.
 */
export function sentCodecs(
  agreed: readonly AgreedCodec[],
): SentCodecs | undefined {
  const isCompanion = (codec: AgreedCodec): boolean =>
    isNamed(codec, "rtx") || isNamed(codec, "red");
  const surround = agreed.find((codec) => isNamed(codec, multistreamOpus));
  const main = surround ?? agreed.find((codec) => !isCompanion(codec));
  if (main === undefined) return undefined;
  const { payloadType } = main;
  return {
    payloadType,
    rtx: agreed.find(
      (codec) =>
        isNamed(codec, "rtx") && codec.parameters === `apt=${payloadType}`,
    )?.payloadType,
    red: agreed.find(
      (codec) => isNamed(codec, "red") && repeats(codec, payloadType),
    )?.payloadType,
    isSurround: surround !== undefined,
  };
}

function isNamed({ name }: AgreedCodec, wanted: string): boolean {
  return name.toLowerCase() === wanted;
}

/** RFC 2198, section 5: the line names the payload types of the frames, the newest first. */
function repeats({ parameters = "" }: AgreedCodec, payloadType: number) {
  const repeated = parameters.split("/");
  return (
    repeated.length > 1 &&
    repeated.every((type) => Number(type) === payloadType)
  );
}
