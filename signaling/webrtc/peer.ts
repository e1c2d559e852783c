/**
 * A WebRTC connection to one viewer, in the agent's own terms. The one implementation is in
 * `werift-peer.ts`; nothing outside it knows the library.
 */
import type { AudioOffer, MediaSource } from "../media.ts";
import type { IceServer, VideoCodec } from "../protocol.ts";
import type { OutboundTrackStats } from "./outbound-track.ts";

/** An ICE candidate as browsers write it down (RTCIceCandidateInit). */
export interface IceCandidateInit {
  candidate: string;
  sdpMid?: string | null | undefined;
  sdpMLineIndex?: number | null | undefined;
  usernameFragment?: string | null | undefined;
}

/** ICE settings of the session. */
export interface IceSettings {
  iceServers: readonly IceServer[];
  iceTransportPolicy: "all" | "relay";
  /** UDP ports for host candidates, both ends included. */
  portRange: { min: number; max: number } | undefined;
  /** Addresses under which this host is reachable from outside, e.g. of a one-to-one NAT. */
  advertisedAddresses: readonly string[];
}

export type PeerState =
  "new" | "connecting" | "connected" | "disconnected" | "failed" | "closed";

/** Called by the peer; each at most as often as the name says, and never after `close()`. */
export interface PeerListener {
  /** A local candidate, or `null` when there are no more. */
  onCandidate(candidate: IceCandidateInit | null): void;
  onState(state: PeerState): void;
  /** A text message on the motion or the input channel. */
  onInput(text: string): void;
  /** An RTP packet of Opus from the viewer, with a plain 12-byte header; where absent, it is offered no way to send one. */
  onSpeech?: ((packet: Buffer) => void) | undefined;
}

export interface PeerOptions {
  ice: IceSettings;
  video: { codec: VideoCodec; source: MediaSource } | undefined;
  audio: AudioOffer | undefined;
  listener: PeerListener;
}

/** What came of the negotiation. */
export interface NegotiatedMedia {
  video: boolean;
  audio: boolean;
}

/** Counts of a peer's tracks. */
export interface PeerStats {
  video: Readonly<OutboundTrackStats> | undefined;
  audio: Readonly<OutboundTrackStats> | undefined;
}

export interface Peer {
  /** Creates the SDP offer and starts gathering. Candidates follow through the listener. */
  offer(): Promise<string>;
  /**
   * Applies the viewer's answer; media starts when the transport is connected.
   * @throws StreamSpaceError `negotiation-failed` when the SDP makes no sense.
   */
  answer(sdp: string): Promise<NegotiatedMedia>;
  /**
   * A candidate of the viewer; `null` for no more.
   * @throws StreamSpaceError `negotiation-failed` when it is not a candidate.
   */
  addCandidate(candidate: IceCandidateInit | null): Promise<void>;
  stats(): PeerStats;
  /**
   * Bit/s of video that the path to this viewer bears; `undefined` for what the settings allow. Of no effect before
   * video flows. Viewers share an encoder, see `MediaSubscription.wish`.
   */
  setTargetBps(targetBps: number | undefined): void;
  /** Frames per second of video at most, as {@link setTargetBps}. */
  setFps(frameRate: number | undefined): void;
  /** Ends the connection; idempotent, bounded in time, never rejects. */
  close(): Promise<void>;
}

/** Makes peers; handed to the signaling server so that it does not depend on the library. */
export type PeerFactory = (options: PeerOptions) => Peer;
