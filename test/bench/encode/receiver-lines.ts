/**
 * What the benchmark and its receivers say to each other: lines of JSON, on the receivers' standard input and output.
 */
import type { VideoPipelineCodec } from "../../../encoders/video-encoding.ts";
import type { IceCandidateInit } from "../../../signaling/webrtc/peer.ts";

/** What a peer has received of video. */
export interface ReceiverCounts {
  packets: number;
  /** Ends of frames: packets with a marker. */
  frames: number;
  bytes: number;
}

/** To the receivers. */
export type ReceiverCommand =
  | { type: "offer"; peer: number; codec: VideoPipelineCodec; sdp: string }
  | { type: "candidate"; peer: number; candidate: IceCandidateInit }
  | { type: "count" };

/** From them. */
export type ReceiverEvent =
  | { type: "ready" }
  | { type: "answer"; peer: number; sdp: string }
  | { type: "candidate"; peer: number; candidate: IceCandidateInit }
  /** What each peer has received since its start, by number of the peer. */
  | { type: "counts"; counts: ReceiverCounts[] }
  | { type: "failed"; message: string };
