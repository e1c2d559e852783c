/**
 * One viewer: a WebSocket that speaks the protocol, and the WebRTC peer that belongs to it.
 *
 * The socket's text comes in through {@link Viewer.onText}; the life of a viewer is one of three
 * phases, and each message is allowed in just one of them.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../agent/base/clock.ts";
import { messageOf, StreamSpaceError } from "../agent/base/errors.ts";
import type { Logger } from "../agent/base/log.ts";
import { InputSequence, type InputSeat } from "./input.ts";
import { PeerNegotiation } from "./peer-negotiation.ts";
import {
  limits,
  parseClientMessage,
  parseInputMessage,
  protocolVersion,
  type ClientMessage,
  type CloseReason,
  type ErrorName,
  type InputMessage,
  type ServerMessage,
  type VideoCodec,
} from "./protocol.ts";
import { TokenBucket } from "./rate-limit.ts";
import type { ViewerHost, ViewerSocket } from "./viewer-host.ts";
import type { PeerStats } from "./webrtc/peer.ts";

type Phase =
  | { name: "hello"; timer: NodeJS.Timeout }
  | { name: "open"; session: OpenSession }
  | { name: "closed" };

/** What exists only between hello and close. */
interface OpenSession {
  release: () => void;
  input: InputSequence;
  seat: InputSeat;
  negotiation: PeerNegotiation;
  stopHealth: () => void;
  pingTimer: NodeJS.Timeout;
}

/** Health changes in bursts when something dies; viewers get one snapshot for a burst. */
const healthDebounceMs = 200;

/** See the module's description. */
export class Viewer {
  readonly id = randomUUID();
  readonly #host: ViewerHost;
  readonly #socket: ViewerSocket;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #rate: TokenBucket;
  #phase: Phase;
  #lastHeardMs: number;
  #pingId = 0;
  #healthTimer: NodeJS.Timeout | undefined;

  constructor(options: {
    host: ViewerHost;
    socket: ViewerSocket;
    clock: Clock;
    log: Logger;
  }) {
    this.#host = options.host;
    this.#socket = options.socket;
    this.#clock = options.clock;
    this.#log = options.log.child({ viewer: this.id });
    this.#lastHeardMs = options.clock.nowMs();
    this.#rate = new TokenBucket({
      clock: options.clock,
      ratePerSecond: limits.messagesPerSecond,
      burst: limits.messagesPerSecond,
    });
    this.#phase = {
      name: "hello",
      timer: setTimeout(() => {
        this.refuse("timeout", "no hello came in time", "timeout");
      }, limits.helloTimeoutMs),
    };
  }

  /** Whether the viewer has proven its token. */
  get isOpen(): boolean {
    return this.#phase.name === "open";
  }

  peerStats(): PeerStats | undefined {
    return this.#phase.name === "open"
      ? this.#phase.session.negotiation.stats()
      : undefined;
  }

  /** A text message from the WebSocket. */
  onText(text: string): void {
    if (!this.#mayHandle()) return;
    const bound =
      this.#phase.name === "hello" ? limits.helloBytes : limits.messageBytes;
    if (Buffer.byteLength(text) > bound) {
      this.refuse("too-large", `a message may have ${bound} bytes`, "tooLarge");
      return;
    }
    const parsed = parseClientMessage(text);
    if (!parsed.ok) {
      this.refuse("bad-message", parsed.error, "badMessage");
      return;
    }
    const { message } = parsed;
    switch (this.#phase.name) {
      case "hello":
        if (message.type === "hello") this.#onHello(message);
        else
          this.refuse(
            "unauthorized",
            "the first message must be hello",
            "unauthorized",
            message.type,
          );
        break;
      case "open":
        this.#onMessage(message, this.#phase.session);
        break;
      case "closed":
        break;
    }
  }

  /** Sends a typed error, then closes the socket with the code for `reason`. */
  refuse(
    error: ErrorName,
    message: string,
    reason: CloseReason,
    about?: string,
  ): void {
    this.#reportError(error, message, about);
    this.#log.info({ error, reason }, `a viewer was refused: ${message}`);
    this.close(reason);
  }

  /** Releases everything the viewer holds and closes its socket; idempotent. */
  close(reason: CloseReason): void {
    const phase = this.#phase;
    if (phase.name === "closed") return;
    this.#phase = { name: "closed" };
    clearTimeout(this.#healthTimer);
    if (phase.name === "hello") {
      clearTimeout(phase.timer);
    } else {
      const { session } = phase;
      clearInterval(session.pingTimer);
      session.stopHealth();
      session.seat.close();
      session.release();
      void session.negotiation.close();
      this.#log.info({ reason }, "a viewer left");
    }
    this.#socket.close(reason);
  }

  #onHello(hello: Extract<ClientMessage, { type: "hello" }>): void {
    if (hello.version !== protocolVersion) {
      this.refuse(
        "version",
        `this agent speaks version ${protocolVersion} of the protocol`,
        "version",
        "hello",
      );
      return;
    }
    const outcome = this.#host.authenticate(hello.token);
    if (outcome === "limited") {
      this.refuse(
        "too-many",
        "too many wrong tokens; wait a while",
        "tooMany",
        "hello",
      );
      return;
    }
    if (outcome === "refused") {
      this.refuse(
        "unauthorized",
        "the token is missing or wrong",
        "unauthorized",
        "hello",
      );
      return;
    }
    const release = this.#host.admit();
    if (release === undefined) {
      this.refuse(
        "full",
        "as many viewers as allowed are here already",
        "full",
        "hello",
      );
      return;
    }
    if (this.#phase.name === "hello") clearTimeout(this.#phase.timer);
    this.#open(hello.videoCodecs, release);
  }

  #open(videoCodecs: readonly VideoCodec[], release: () => void): void {
    const seat = this.#host.openSeat();
    const negotiation = new PeerNegotiation({
      host: this.#host,
      videoCodecs,
      log: this.#log,
      send: (message) => {
        this.#send(message);
      },
      onInput: (text) => {
        this.#onChannelText(text);
      },
      onError: (error, message) => {
        this.#reportError(error, message);
      },
    });
    const session: OpenSession = {
      release,
      seat,
      input: new InputSequence(seat),
      negotiation,
      stopHealth: this.#host.onHealth(() => {
        this.#healthChanged();
      }),
      pingTimer: setInterval(() => {
        this.#ping();
      }, limits.pingIntervalMs),
    };
    this.#phase = { name: "open", session };
    this.#log.info({ videoCodecs }, "a viewer came");
    this.#send({
      type: "welcome",
      version: protocolVersion,
      viewerId: this.id,
      agentVersion: this.#host.agentVersion,
      screen: this.#host.screen(),
      iceServers: [...this.#host.ice.iceServers],
      iceTransportPolicy: this.#host.ice.iceTransportPolicy,
    });
    this.#send({ type: "health", health: this.#host.health() });
    negotiation.restart();
  }

  #onMessage(message: ClientMessage, session: OpenSession): void {
    switch (message.type) {
      case "hello":
        this.refuse(
          "out-of-order",
          "hello was said already",
          "outOfOrder",
          "hello",
        );
        break;
      case "answer":
        session.negotiation.onAnswer(message.negotiation, message.sdp);
        break;
      case "candidate":
        session.negotiation.onCandidate(message.negotiation, message.candidate);
        break;
      case "restart":
        session.negotiation.restart();
        break;
      case "ping":
        this.#send({ type: "pong", id: message.id });
        break;
      case "pong":
        break; // That it came is all that matters, and #mayHandle has noted it.
      default:
        this.#applyInput(message, session);
    }
  }

  #onChannelText(text: string): void {
    if (this.#phase.name !== "open" || !this.#mayHandle()) return;
    const parsed = parseInputMessage(text);
    if (!parsed.ok) {
      this.refuse("bad-message", parsed.error, "badMessage");
      return;
    }
    this.#applyInput(parsed.message, this.#phase.session);
  }

  #applyInput(message: InputMessage, session: OpenSession): void {
    try {
      session.input.apply(message);
    } catch (error) {
      // Whatever it is, it must not reach the socket's callback and with it end the session.
      if (!(error instanceof StreamSpaceError)) {
        this.#log.error({ err: error }, "input could not be applied");
      }
      this.#reportError("input-unavailable", messageOf(error), message.type);
    }
  }

  /** Notes that the viewer is alive, and refuses one that sends too much. */
  #mayHandle(): boolean {
    this.#lastHeardMs = this.#clock.nowMs();
    if (this.#phase.name === "closed") return false;
    if (this.#rate.take()) return true;
    this.refuse(
      "too-many",
      `more than ${limits.messagesPerSecond} messages a second`,
      "tooMany",
    );
    return false;
  }

  #ping(): void {
    if (this.#clock.nowMs() - this.#lastHeardMs > limits.pingTimeoutMs) {
      this.refuse("timeout", "nothing was heard of the viewer", "timeout");
      return;
    }
    this.#pingId += 1;
    this.#send({ type: "ping", id: this.#pingId });
  }

  #healthChanged(): void {
    this.#healthTimer ??= setTimeout(() => {
      this.#healthTimer = undefined;
      this.#send({ type: "health", health: this.#host.health() });
    }, healthDebounceMs);
  }

  #reportError(error: ErrorName, message: string, about?: string): void {
    this.#send({
      type: "error",
      error,
      message,
      ...(about === undefined ? {} : { about }),
    });
  }

  #send(message: ServerMessage): void {
    if (this.#phase.name === "closed") return;
    this.#socket.send(JSON.stringify(message));
  }
}
