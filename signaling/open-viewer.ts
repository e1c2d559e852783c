/**
 * A viewer that was let in: its messages, its input, its features and its WebRTC peer.
 */
import type { Clock } from "../agent/base/clock.ts";
import { messageOf, StreamSpaceError } from "../agent/base/errors.ts";
import type { Logger } from "../agent/base/log.ts";
import { InputSequence, type InputSeat } from "./input.ts";
import { isDeliberate, placeOf } from "./input-facts.ts";
import { PeerNegotiation } from "./peer-negotiation.ts";
import {
  parseInputMessage,
  protocolVersion,
  type ClientMessage,
  type CloseReason,
  type InputMessage,
  type Role,
  type ServerMessage,
  type VideoCodec,
} from "./protocol.ts";
import type { QualityMessage } from "./protocol/quality.ts";
import { refusalOf, type Membership } from "./viewer-access.ts";
import { ViewerFeatures } from "./viewer-feature.ts";
import type { ViewerHost } from "./viewer-host.ts";
import type { ViewerLine } from "./viewer-line.ts";
import { ViewerNews } from "./viewer-news.ts";
import type { PeerStats } from "./webrtc/peer.ts";

/** See the module's description. */
export class OpenViewer {
  readonly #id: string;
  readonly #role: Role;
  readonly #membership: Membership;
  readonly #host: ViewerHost;
  readonly #line: ViewerLine;
  readonly #log: Logger;
  readonly #videoCodecs: readonly VideoCodec[];
  readonly #seat: InputSeat;
  readonly #input: InputSequence;
  readonly #negotiation: PeerNegotiation;
  readonly #news: ViewerNews;
  readonly #stopFollowing: () => void;
  #features: ViewerFeatures | undefined;
  #isClosed = false;

  constructor(options: {
    id: string;
    role: Role;
    membership: Membership;
    videoCodecs: readonly VideoCodec[];
    host: ViewerHost;
    line: ViewerLine;
    clock: Clock;
    log: Logger;
  }) {
    this.#id = options.id;
    this.#role = options.role;
    this.#membership = options.membership;
    this.#host = options.host;
    this.#line = options.line;
    this.#log = options.log;
    this.#videoCodecs = options.videoCodecs;
    this.#seat = this.#host.openSeat();
    this.#input = new InputSequence(this.#seat, options.clock);
    this.#negotiation = this.#openNegotiation();
    this.#news = new ViewerNews(this.#host, this.#line);
    this.#stopFollowing = this.#host.onHealth(() => {
      this.#negotiation.sessionChanged();
    });
  }

  /** Welcomes the viewer, opens its features and makes it an offer. */
  begin(): void {
    this.#line.send(this.#welcome());
    this.#features = this.#openFeatures();
    const { role } = this;
    this.#log.info({ videoCodecs: this.#videoCodecs, role }, "a viewer came");
    this.#news.tellHealth();
    this.#negotiateMedia();
  }

  /** What its token allows. */
  get role(): Role {
    return this.#role;
  }

  peerStats(): PeerStats | undefined {
    return this.#negotiation.stats();
  }

  /** It may act no more. */
  controlLost(): void {
    this.#input.release();
    this.#features?.controlLost();
  }

  /** A piece of a bulk transfer. */
  onFrame(frame: Uint8Array): void {
    if (this.#features?.onFrame(frame) === true) return;
    this.#line.refuse(
      "bad-message",
      "a frame begins with a number",
      "badMessage",
    );
  }

  onMessage(message: ClientMessage): void {
    switch (message.type) {
      case "hello":
        this.#line.refuse(
          "out-of-order",
          "hello was said already",
          "outOfOrder",
          "hello",
        );
        break;
      case "answer":
        this.#negotiation.onAnswer(message.negotiation, message.sdp);
        break;
      case "candidate":
        this.#negotiation.onCandidate(message.negotiation, message.candidate);
        break;
      case "restart":
        this.#negotiateMedia();
        break;
      case "ping":
        this.#line.send({ type: "pong", id: message.id });
        break;
      case "pong":
        break; // That it came is all that matters, and the viewer has noted it.
      case "quality":
        this.#onQuality(message);
        break;
      case "motion":
      case "motion-relative":
      case "path":
      case "button":
      case "wheel":
      case "key":
      case "text":
      case "held":
      case "release-all":
        this.#applyInput(message);
        break;
      default:
        this.#askFeatures(message);
    }
  }

  /** Releases everything the viewer holds; idempotent. */
  close(reason: CloseReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#news.close();
    this.#stopFollowing();
    this.#features?.close();
    this.#input.close();
    this.#seat.close();
    this.#membership.leave(reason);
    void this.#negotiation.close();
  }

  #negotiateMedia(): void {
    const { transport } = this.#host;
    if (transport === "auto" || transport === "webrtc")
      this.#negotiation.restart();
  }

  #openNegotiation(): PeerNegotiation {
    return new PeerNegotiation({
      host: this.#host,
      videoCodecs: this.#videoCodecs,
      log: this.#log,
      send: (message) => {
        this.#line.send(message);
      },
      onInput: (text) => {
        this.#onChannelText(text);
      },
      takeSpeech: () => this.#features?.takeSpeech,
      onError: (error, message) => {
        this.#line.report(error, message);
      },
      onConnected: (connected) => {
        this.#membership.transport(connected ? "webrtc" : "websocket");
      },
    });
  }

  #welcome(): ServerMessage {
    return {
      type: "welcome",
      version: protocolVersion,
      viewerId: this.#id,
      role: this.#role,
      resume: this.#membership.resume,
      agentVersion: this.#host.agentVersion,
      screen: this.#news.screen,
      transport: this.#host.transport,
      iceServers: [...this.#host.ice.iceServers],
      iceTransportPolicy: this.#host.ice.iceTransportPolicy,
    };
  }

  #openFeatures(): ViewerFeatures {
    return new ViewerFeatures(this.#host.features, {
      viewerId: this.#id,
      role: this.#role,
      mayControl: () => this.#membership.mayControl(),
      send: (message) => {
        this.#line.send(message);
      },
      sendFrame: (frame) => {
        this.#line.sendFrame(frame);
      },
      report: (error, message, about) => {
        this.#line.report(error, message, about);
      },
      log: this.#log,
    });
  }

  /** Viewers share encoders, so one who is there to look does not decide what the others get. */
  #onQuality(message: QualityMessage): void {
    if (this.#isRefused(message)) return;
    const { maxBps, maxFps } = message;
    this.#negotiation.setWish({ maxBps, maxFps });
  }

  #askFeatures(message: ClientMessage): void {
    if (this.#isRefused(message)) return;
    if (this.#features?.onMessage(message) !== true)
      this.#line.report(
        "not-allowed",
        "this session does not do that",
        message.type,
      );
  }

  /** Tells the viewer, where it is. */
  #isRefused(message: ClientMessage): boolean {
    const refusal = this.#refusalOf(message);
    if (refusal === undefined) return false;
    this.#line.report(refusal.error, refusal.message, message.type);
    return true;
  }

  #refusalOf({ type }: ClientMessage): ReturnType<typeof refusalOf> {
    return refusalOf(type, {
      role: this.#role,
      mayControl: () => this.#membership.mayControl(),
    });
  }

  #onChannelText(text: string): void {
    if (this.#isClosed || !this.#line.mayHandle()) return;
    const parsed = parseInputMessage(text);
    if (parsed.ok) this.#applyInput(parsed.message);
    else this.#line.refuse("bad-message", parsed.error, "badMessage");
  }

  #applyInput(message: InputMessage): void {
    const place = placeOf(message);
    if (place !== undefined) this.#membership.pointerAt(place.x, place.y);
    const refusal = this.#refusalOf(message);
    if (refusal !== undefined) {
      this.#input.skip(message);
      if (isDeliberate(message))
        this.#line.report(refusal.error, refusal.message, message.type);
      return;
    }
    try {
      this.#input.apply(message);
    } catch (error) {
      // Whatever it is, it must not reach the socket's callback and with it end the session.
      if (!(error instanceof StreamSpaceError)) {
        this.#log.error({ err: error }, "input could not be applied");
      }
      this.#line.report("input-unavailable", messageOf(error), message.type);
    }
  }
}
