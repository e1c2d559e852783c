/**
 * What a viewer needs of the world around it: its socket, and the session it looks at.
 */
import type { InputSeat } from "./input.ts";
import type { OpenFeature } from "./viewer-feature.ts";
import type { AudioOffer, MediaSource } from "./media.ts";
import type {
  CloseReason,
  ErrorName,
  HealthSnapshot,
  TransportMode,
  VideoCodec,
} from "./protocol.ts";
import type { Identity } from "./authenticator.ts";
import type { Arrival, Membership } from "./viewer-access.ts";
import type { IceSettings, PeerFactory } from "./webrtc/peer.ts";

/** The socket as a viewer needs it. Every call is harmless after the socket is closed. */
export interface ViewerSocket {
  send(text: string): void;
  /** Sends a binary message. */
  sendFrame(frame: Uint8Array): void;
  close(reason: CloseReason): void;
}

/** What the session offers to viewers. */
export interface ViewerHost {
  readonly agentVersion: string;
  readonly ice: IceSettings;
  /** By which ways viewers may get picture and sound. */
  readonly transport: TransportMode;
  readonly createPeer: PeerFactory;
  /** Whether too many wrong tokens came from the viewer's address, so that its own is looked at later. */
  mustWait(): boolean;
  /** What `token` allows, `undefined` where nothing; counts failures by address. */
  authenticate(token: string): Identity | undefined;
  /** Notes in the log, within bounds, that somebody was refused before proving the token. */
  noteRefusal(error: ErrorName, message: string): void;
  /** Takes a place among the viewers; `undefined` where there is none for this one. */
  admit(arrival: Arrival): Membership | undefined;
  screen(): { width: number; height: number };
  /** Calls `listener` when the screen has another size; returns the function that ends that. */
  onScreen(listener: () => void): () => void;
  /** The first codec of the session's preference that the viewer can decode, with its stream. */
  video(
    viewerCodecs: readonly VideoCodec[],
  ): { codec: VideoCodec; encoder: string; source: MediaSource } | undefined;
  /** Whether every encoder of `codec` has failed, for longer than a new start takes. */
  hasFailed(codec: VideoCodec): boolean;
  audio(): AudioOffer | undefined;
  openSeat(): InputSeat;
  /** What viewers can do beyond looking and typing. */
  readonly features: readonly OpenFeature[];
  health(): HealthSnapshot;
  /** Calls `listener` after a change of health; returns the function that ends that. */
  onHealth(listener: () => void): () => void;
}
