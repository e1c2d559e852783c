/**
 * Everything around one viewer: its socket, its host, and peers whose outcomes a test decides.
 */
import type {
  CloseReason,
  ErrorName,
  HealthSnapshot,
  VideoCodec,
  TransportMode,
  ServerMessage,
} from "../../signaling/protocol.ts";
import type { RateWish } from "../../signaling/media.ts";
import type { Identity } from "../../signaling/authenticator.ts";
import type { Arrival, Membership } from "../../signaling/viewer-access.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";
import type { ViewerHost, ViewerSocket } from "../../signaling/viewer-host.ts";
import type {
  IceCandidateInit,
  NegotiatedMedia,
  Peer,
  PeerOptions,
  PeerStats,
} from "../../signaling/webrtc/peer.ts";
import { FakeMediaSource } from "./media.ts";
import { RecordingSeat } from "./recording-seat.ts";

/** A socket that keeps what is sent. */
export class FakeViewerSocket implements ViewerSocket {
  readonly sent: ServerMessage[] = [];
  readonly closes: CloseReason[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ServerMessage);
  }

  readonly frames: Uint8Array[] = [];

  sendFrame(frame: Uint8Array): void {
    this.frames.push(frame);
  }

  close(reason: CloseReason): void {
    this.closes.push(reason);
  }

  /** The messages of one type, in order. */
  of<T extends ServerMessage["type"]>(
    type: T,
  ): Extract<ServerMessage, { type: T }>[] {
    return this.sent.filter(
      (message): message is Extract<ServerMessage, { type: T }> =>
        message.type === type,
    );
  }
}

/** A peer that answers at once, unless `answered` is replaced. */
export class FakePeer implements Peer {
  readonly options: PeerOptions;
  readonly candidates: (IceCandidateInit | null)[] = [];
  readonly answers: string[] = [];
  closeCalls = 0;
  /** What it was asked for last. */
  rates: RateWish = {};
  offered: Promise<string> = Promise.resolve("v=0 offer");
  answered: Promise<NegotiatedMedia> = Promise.resolve({
    video: true,
    audio: true,
  });
  candidateFailure: Error | undefined;

  constructor(options: PeerOptions) {
    this.options = options;
  }

  offer(): Promise<string> {
    return this.offered;
  }

  answer(sdp: string): Promise<NegotiatedMedia> {
    this.answers.push(sdp);
    return this.answered;
  }

  addCandidate(candidate: IceCandidateInit | null): Promise<void> {
    if (this.candidateFailure !== undefined)
      return Promise.reject(this.candidateFailure);
    this.candidates.push(candidate);
    return Promise.resolve();
  }

  stats(): PeerStats {
    return { video: undefined, audio: undefined };
  }

  setTargetBps(targetBps: number | undefined): void {
    this.rates = { ...this.rates, targetBps };
  }

  setFps(frameRate: number | undefined): void {
    this.rates = { ...this.rates, frameRate };
  }

  close(): Promise<void> {
    this.closeCalls += 1;
    return Promise.resolve();
  }
}

/** A host with one token, one place for each of `places`, and peers that are kept. */
export class FakeHost implements ViewerHost {
  transport: TransportMode = "auto";
  readonly agentVersion = "1.2.3";
  readonly ice = {
    iceServers: [{ urls: "stun:stun.example" }],
    iceTransportPolicy: "all",
    portRange: undefined,
    advertisedAddresses: [],
  } as const;
  readonly peers: FakePeer[] = [];
  readonly seats: RecordingSeat[] = [];
  readonly source = new FakeMediaSource();
  /** What viewers can do beyond looking and typing. */
  features: readonly OpenFeature[] = [];
  places = 1;
  /** Whether its address has been wrong too often. */
  slowed = false;
  readonly refusals: ErrorName[] = [];
  screenSize = { width: 1_920, height: 1_080 };
  /** What a new peer gets before it is used. */
  preparePeer: (peer: FakePeer) => void = () => undefined;
  readonly #healthListeners = new Set<() => void>();
  #screenListener: (() => void) | undefined;

  readonly createPeer = (options: PeerOptions): Peer => {
    const peer = new FakePeer(options);
    this.preparePeer(peer);
    this.peers.push(peer);
    return peer;
  };

  get listensToHealth(): boolean {
    return this.#healthListeners.size > 0;
  }

  get listensToScreen(): boolean {
    return this.#screenListener !== undefined;
  }

  mustWait(): boolean {
    return this.slowed;
  }

  authenticate(token: string): Identity | undefined {
    if (token === "right") return { role: "controller" };
    return token === "look" ? { role: "viewer" } : undefined;
  }

  noteRefusal(error: ErrorName): void {
    this.refusals.push(error);
  }

  /** Whether those of the controller role may act. */
  control = true;
  readonly arrivals: Arrival[] = [];
  /** Where pointers were seen, and what their viewers said of their transport. */
  readonly seen: string[] = [];

  admit: ViewerHost["admit"] = (arrival): Membership | undefined => {
    if (this.places === 0) return undefined;
    this.places -= 1;
    this.arrivals.push(arrival);
    return {
      resume: "resume-secret",
      mayControl: () => arrival.role === "controller" && this.control,
      pointerAt: (x, y) => {
        this.seen.push(`pointer ${x},${y}`);
      },
      transport: (transport) => {
        this.seen.push(transport);
      },
      leave: () => {
        this.places += 1;
      },
    };
  };

  screen(): { width: number; height: number } {
    return { ...this.screenSize };
  }

  onScreen(listener: () => void): () => void {
    this.#screenListener = listener;
    return () => {
      this.#screenListener = undefined;
    };
  }

  /** As after a resize. */
  changeScreen(width: number, height: number): void {
    this.screenSize = { width, height };
    this.#screenListener?.();
  }

  /** Codecs that no encoder is left for. */
  readonly failed = new Set<VideoCodec>();

  hasFailed(codec: VideoCodec): boolean {
    return this.failed.has(codec);
  }

  video: ViewerHost["video"] = (codecs) =>
    codecs.includes("h264")
      ? { codec: "h264", encoder: "x264enc", source: this.source }
      : undefined;

  audio: ViewerHost["audio"] = () => ({ source: this.source });

  openSeat(): RecordingSeat {
    const seat = new RecordingSeat();
    this.seats.push(seat);
    return seat;
  }

  health(): HealthSnapshot {
    return {
      status: "ready",
      reasons: [],
      version: this.agentVersion,
      startedAt: "2026-01-01T00:00:00.000Z",
      display: null,
      video: [],
      encoders: [],
      viewers: 1,
      components: [],
    };
  }

  onHealth(listener: () => void): () => void {
    this.#healthListeners.add(listener);
    return () => {
      this.#healthListeners.delete(listener);
    };
  }

  /** As after a change of a service. */
  changeHealth(): void {
    for (const listener of this.#healthListeners) listener();
  }
}
