/**
 * The WebRTC side of one viewer: one peer at a time, each with a number by which the messages of an
 * earlier one are told apart.
 */
import { systemClock } from "../agent/base/clock.ts";
import { messageOf } from "../agent/base/errors.ts";
import type { Logger } from "../agent/base/log.ts";
import { answerFitsOffer } from "./answer-shape.ts";
import type { ErrorName, ServerMessage, VideoCodec } from "./protocol.ts";
import type { QualityWish } from "./protocol/quality.ts";
import { TokenBucket } from "./rate-limit.ts";
import type { ViewerHost } from "./viewer-host.ts";
import type {
  IceCandidateInit,
  Peer,
  PeerState,
  PeerStats,
} from "./webrtc/peer.ts";

interface CurrentPeer {
  number: number;
  peer: Peer;
  /** The SDP that was sent; `undefined` until then. */
  offer: string | undefined;
  /** Resolves when the answer has been applied; candidates wait for it. */
  answered: Promise<undefined>;
  resolveAnswered: (value: undefined) => void;
  hasAnswer: boolean;
  candidates: number;
}

/** What a peer sends. */
interface OfferedMedia {
  video: ReturnType<ViewerHost["video"]>;
  audio: ReturnType<ViewerHost["audio"]>;
}

/** A browser has a handful of interfaces; more candidates than this is an attack. */
const maxCandidates = 64;
/** Restarts closer together than this are one… */
const restartFloorMs = 500;
/** …and after some in quick succession than this: each begins with a key frame, which all viewers get. */
const restartPaceMs = 5_000;
const restartBurst = 6;

/** See the module's description. */
export class PeerNegotiation {
  readonly #host: ViewerHost;
  readonly #videoCodecs: readonly VideoCodec[];
  readonly #log: Logger;
  readonly #send: (message: ServerMessage) => void;
  readonly #onInput: (text: string) => void;
  readonly #takeSpeech: () => ((packet: Buffer) => void) | undefined;
  readonly #onError: (error: ErrorName, message: string) => void;
  readonly #onConnected: (connected: boolean) => void;
  #current: CurrentPeer | undefined;
  #number = 0;
  #offeredCodec: VideoCodec | undefined;
  #lastRestartMs = -Infinity;
  readonly #restarts = new TokenBucket({
    clock: systemClock,
    ratePerSecond: 1_000 / restartPaceMs,
    burst: restartBurst,
  });
  #restartTimer: NodeJS.Timeout | undefined;
  #wish: QualityWish = {};
  #closed = false;

  constructor(options: {
    host: ViewerHost;
    videoCodecs: readonly VideoCodec[];
    log: Logger;
    send: (message: ServerMessage) => void;
    onInput: (text: string) => void;
    /** Asked at each offer for what takes the viewer's speech; without that, it is offered no way to send any. */
    takeSpeech?: () => ((packet: Buffer) => void) | undefined;
    onError: (error: ErrorName, message: string) => void;
    /** Whether media can get through now. */
    onConnected?: (connected: boolean) => void;
  }) {
    this.#host = options.host;
    this.#videoCodecs = options.videoCodecs;
    this.#log = options.log;
    this.#send = options.send;
    this.#onInput = options.onInput;
    this.#takeSpeech = options.takeSpeech ?? (() => undefined);
    this.#onError = options.onError;
    this.#onConnected = options.onConnected ?? (() => undefined);
  }

  stats(): PeerStats | undefined {
    return this.#current?.peer.stats();
  }

  /** The most that the viewer wants to be sent, from this and from later peers; replaces the wish before. */
  setWish(wish: QualityWish): void {
    this.#wish = wish;
    if (this.#current !== undefined) this.#applyWish(this.#current.peer);
  }

  /**
   * Makes a new offer; the peer before it is closed. Calls in quick succession are one, and who goes on calling waits
   * longer.
   */
  restart(): void {
    if (this.#closed || this.#restartTimer !== undefined) return;
    const floorMs = this.#restarts.empty ? restartPaceMs : restartFloorMs;
    const waitMs = this.#lastRestartMs + floorMs - systemClock.nowMs();
    if (waitMs <= 0) {
      this.#begin();
      return;
    }
    this.#restartTimer = setTimeout(() => {
      this.#restartTimer = undefined;
      this.#begin();
    }, waitMs);
  }

  /** Something of the session has changed: where the codec that was offered has no encoder left, another takes over. */
  sessionChanged(): void {
    const codec = this.#offeredCodec;
    if (codec === undefined || !this.#host.hasFailed(codec)) return;
    const next = this.#host.video(this.#videoCodecs)?.codec;
    if (next === undefined || next === codec) return;
    this.#log.warn({ from: codec, to: next }, "the viewer gets another codec");
    this.restart();
  }

  onAnswer(number: number, sdp: string): void {
    const current = this.#current;
    if (current?.number !== number) return; // An answer to an offer that has been replaced.
    if (current.offer === undefined) {
      this.#onError("out-of-order", "this offer has not been made yet");
      return;
    }
    if (current.hasAnswer) {
      this.#onError("out-of-order", "this offer was answered already");
      return;
    }
    current.hasAnswer = true;
    if (!answerFitsOffer(current.offer, sdp)) {
      this.#fail(current, "the answer does not fit the offer");
      return;
    }
    current.peer.answer(sdp).then(
      (negotiated) => {
        current.resolveAnswered(undefined);
        if (this.#current !== current) return;
        this.#applyWish(current.peer);
        this.#log.info(negotiated, "the viewer's answer was applied");
        if (!negotiated.video) {
          this.#onError(
            "negotiation-failed",
            "the browser takes no video codec that this session sends",
          );
        }
      },
      (error: unknown) => {
        this.#fail(current, messageOf(error));
      },
    );
  }

  onCandidate(number: number, candidate: IceCandidateInit | null): void {
    const current = this.#current;
    if (current?.number !== number) return;
    current.candidates += 1;
    if (current.candidates > maxCandidates) return;
    current.answered
      .then(() => current.peer.addCandidate(candidate))
      .catch((error: unknown) => {
        // One that cannot be used (a family or transport we do not have) leaves the others.
        this.#log.debug(
          { reason: messageOf(error) },
          "a candidate was not used",
        );
      });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    const current = this.#current;
    this.#current = undefined;
    await current?.peer.close();
  }

  /** A peer that cannot be made (say, for an ICE setting the library refuses) must not end the agent. */
  #begin(): void {
    if (this.#closed) return;
    try {
      this.#offer();
    } catch (error) {
      this.#log.error({ err: error }, "no peer could be made");
      this.#onError("negotiation-failed", "the agent could not make a peer");
    }
  }

  /** Closes the peer before, and offers what viewer and session have in common by a new one. */
  #offer(): void {
    this.#lastRestartMs = systemClock.nowMs();
    this.#restarts.take();
    void this.#current?.peer.close();
    this.#current = undefined;
    this.#number += 1;
    const media = {
      video: this.#host.video(this.#videoCodecs),
      audio: this.#host.audio(),
    };
    this.#offeredCodec = media.video?.codec;
    if (media.video === undefined) {
      this.#onError(
        "negotiation-failed",
        "the browser and this session have no video codec in common",
      );
    }
    const current = this.#openPeer(this.#number, media);
    this.#current = current;
    current.peer.offer().then(
      (sdp) => {
        this.#sendOffer(current, sdp, media);
      },
      (error: unknown) => {
        this.#fail(current, messageOf(error));
      },
    );
  }

  /** Makes the peer with this number; it is not the current one yet. @throws what the library throws. */
  #openPeer(number: number, media: OfferedMedia): CurrentPeer {
    const takeSpeech = this.#takeSpeech();
    const isCurrent = (): boolean => this.#current?.number === number;
    const peer = this.#host.createPeer({
      ice: this.#host.ice,
      ...media,
      listener: {
        onCandidate: (candidate) => {
          if (!isCurrent()) return;
          this.#send({ type: "candidate", negotiation: number, candidate });
        },
        onState: (state) => {
          this.#log.info(
            { state, negotiation: number },
            "the peer connection changed",
          );
          if (isCurrent()) this.#onState(peer, state);
        },
        onInput: (text) => {
          if (isCurrent()) this.#onInput(text);
        },
        onSpeech:
          takeSpeech &&
          ((packet) => {
            if (isCurrent()) takeSpeech(packet);
          }),
      },
    });
    const { promise: answered, resolve: resolveAnswered } =
      Promise.withResolvers<undefined>();
    return {
      ...{ number, peer, offer: undefined, answered, resolveAnswered },
      ...{ hasAnswer: false, candidates: 0 },
    };
  }

  #onState(peer: Peer, state: PeerState): void {
    this.#onConnected(state === "connected");
    // Video flows from here on, or from the answer on: before that a peer takes no wish.
    if (state === "connected") this.#applyWish(peer);
    if (state !== "failed" || this.#current?.peer !== peer) return;
    // Closed now: it would keep the encoders running for a viewer who gets nothing.
    void peer.close();
    this.#onError("negotiation-failed", "no WebRTC connection came about");
  }

  #sendOffer(
    current: CurrentPeer,
    sdp: string,
    { video, audio }: OfferedMedia,
  ): void {
    if (this.#current !== current) return;
    current.offer = sdp;
    this.#send({
      ...{ type: "offer", negotiation: current.number, sdp },
      video:
        video === undefined
          ? null
          : { codec: video.codec, encoder: video.encoder },
      audio: audio !== undefined,
    });
  }

  #applyWish(peer: Peer): void {
    peer.setTargetBps(this.#wish.maxBps);
    peer.setFps(this.#wish.maxFps);
  }

  #fail(current: CurrentPeer, reason: string): void {
    void current.peer.close();
    if (this.#current !== current) return;
    this.#current = undefined;
    this.#log.warn({ reason }, "the negotiation failed");
    this.#onError("negotiation-failed", reason);
  }
}
