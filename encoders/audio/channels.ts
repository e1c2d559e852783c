/**
 * The channels of the session's sound, in each order that they pass through on their way to a viewer.
 *
 * | where                                  | order of 5.1          |
 * | -------------------------------------- | --------------------- |
 * | the sink, the FIFO, GStreamer          | FL FR FC LFE RL RR    |
 * | the streams of an Opus packet, decoded | FL FR, RL RR, FC, LFE |
 * | what a browser plays (Web Audio)       | FL FR FC LFE RL RR    |
 *
 * PulseAudio puts the channels of applications into the sink's order by their names, `opusenc` the sink's into
 * that of its streams, and the channel mapping of the SDP the streams' into that of the browser. Nothing else
 * moves a channel. The order of Vorbis (FL FC FR RL RR LFE; RFC 7845, 5.1.1.2) is nowhere: `rtpopuspay` writes
 * the mapping for it, `0,4,1,2,3,5`, into its caps, and a browser that was told this one would play the centre on
 * the right.
 */

/** Numbers of channels that a session can have. */
export const audioChannelCounts = [2, 6] as const;
/** Stereo, or 5.1. */
export type AudioChannels = (typeof audioChannelCounts)[number];

/** How the channels of a multistream Opus packet are to be decoded. */
export interface OpusStreams {
  channels: number;
  /** Opus streams in a packet. */
  streams: number;
  /** How many of them, the first ones, are of two channels. */
  coupledStreams: number;
  /** For each channel that is put out: which of the decoded ones it is. */
  channelMapping: readonly number[];
}

/** 5.1 as `opusenc` makes it, put out in the order of the sink and of Web Audio. */
export const surroundStreams: OpusStreams = {
  channels: 6,
  streams: 4,
  coupledStreams: 2,
  channelMapping: [0, 1, 4, 5, 2, 3],
};

/** The channels of the FIFO as GStreamer names them: one bit each, the lowest first. */
export const surroundMask = "(bitmask)0x3f";

const minus3dB = 0.7071;

/**
 * What the channels of 5.1 give to left and right, as ITU-R BS.775 and Web Audio have it. Stereo that was played in 5.1
 * is as loud as in stereo; the low frequencies are left out. Sums above full scale are clipped.
 */
export const stereoDownmix: readonly (readonly number[])[] = [
  [1, 0, minus3dB, 0, minus3dB, 0],
  [0, 1, minus3dB, 0, 0, minus3dB],
];

/**
 * The bit rate for 5.1. A channel has five sixths of what it has in stereo: seldom do all six sound at once, and what
 * one does not need `opusenc` gives to the others.
 */
export function surroundBitrateBps(stereoBps: number): number {
  return Math.min(Math.round(stereoBps * 2.5), opusencMaxBps);
}

/** Upper bound of `opusenc`'s property; a frame of 10 ms then has 813 bytes and still fits into a packet. */
const opusencMaxBps = 650_000;
