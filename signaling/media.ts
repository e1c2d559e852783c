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

/** One encoded stream. */
export interface MediaSource {
  /** RTP clock rate in Hz. */
  readonly clockRate: number;
  /** Starts delivery, and keeps the encoder running, until the returned function is called. */
  subscribe(sink: MediaSink): () => void;
  /** Asks the encoder for a key frame; rate limited by the source. */
  requestKeyFrame(): void;
}
