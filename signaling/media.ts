/**
 * What signaling wants of the media side: the narrow interfaces of its consumers, so that it needs to
 * know nothing about pipelines.
 */

/** Ties RTP timestamps to wall-clock time. */
export interface MediaTimeReference {
  /** NTP timestamp, 32.32 fixed point (RFC 3550, section 4). */
  ntp: bigint;
  rtpTimestamp: number;
}

/** Receives one stream of RTP. Called synchronously on the packet path; must not throw. */
export interface MediaSink {
  /** An RTP packet with a plain 12-byte header. It stays unchanged after the call. */
  onPacket(packet: Buffer, startsKeyFrame: boolean): void;
  onSenderReport(reference: MediaTimeReference): void;
  /** What follows has other sequence numbers and timestamps. */
  onReset(): void;
}

/** Sound as a viewer is offered it. */
export interface AudioOffer {
  /** Stereo Opus, which every viewer takes. */
  source: MediaSource;
  /** Sent in its place to a viewer whose answer takes it. */
  surround?: SurroundOffer;
}

/** More than two channels in several Opus streams, which are one packet (RFC 6716, appendix B). */
export interface SurroundOffer {
  source: MediaSource;
  channels: number;
  /** Opus streams in a packet. */
  streams: number;
  /** How many of them, the first ones, are of two channels. */
  coupledStreams: number;
  /** For each channel that the viewer puts out: which of the decoded ones it is. */
  channelMapping: readonly number[];
}

/** The most that one viewer wants to be sent; `undefined` takes back what was wished for before. */
export interface RateWish {
  /** Bit/s. */
  targetBps?: number | undefined;
  /** Frames per second. */
  frameRate?: number | undefined;
  /** Sound: packets in a hundred that are lost, where nothing but in-band FEC helps against it. */
  fecLossPercent?: number | undefined;
}

/** One viewer's claim on a stream. */
export interface MediaSubscription {
  /**
   * Wishes for other rates; what is left out stays as it was. Viewers share one encoder: the lowest wish holds, rounded
   * and within what the encoder takes, and the settings are the most. Sound has no rates; there the largest loss holds.
   */
  wish(wish: RateWish): void;
  /** Ends delivery, and the wish with it; idempotent. */
  close(): void;
}

/** One encoded stream. */
export interface MediaSource {
  /** RTP clock rate in Hz. */
  readonly clockRate: number;
  /** Starts delivery, and keeps the encoder running, until the subscription is closed. */
  subscribe(sink: MediaSink): MediaSubscription;
  /** Asks the encoder for a key frame; rate limited by the source. */
  requestKeyFrame(): void;
}
