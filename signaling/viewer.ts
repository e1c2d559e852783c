/**
 * One viewer: a WebSocket that speaks the protocol, and the WebRTC peer that belongs to it.
 *
 * The socket's text comes in through {@link Viewer.onText}; the life of a viewer is one of four
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
  type Role,
  type ServerMessage,
  type VideoCodec,
} from "./protocol.ts";
import type { QualityMessage } from "./protocol/quality.ts";
import { TokenBucket } from "./rate-limit.ts";
import { ViewerFeatures } from "./viewer-feature.ts";
import type { ViewerHost, ViewerSocket } from "./viewer-host.ts";
import type { PeerStats } from "./webrtc/peer.ts";

type Hello = Extract<ClientMessage, { type: "hello" }>;

type Phase =
  /** Nothing has been said. The timer ends the wait for it. */
  | { name: "hello"; timer: NodeJS.Timeout }
  /** Hello was said, from an address that was wrong too often. The timer has its token looked at. */
  | { name: "waiting"; timer: NodeJS.Timeout }
  | { name: "open"; session: OpenSession }
  | { name: "closed" };

/** What exists only between hello and close. */
interface OpenSession {
  release: () => void;
  input: InputSequence;
  seat: InputSeat;
  role: Role;
  features: ViewerFeatures;
  negotiation: PeerNegotiation;
  stopHealth: () => void;
  stopScreen: () => void;
  pingTimer: NodeJS.Timeout;
}

/** Health changes in bursts when something dies; viewers get one snapshot for a burst. */
const healthDebounceMs = 200;
/** Input that a page sends although nobody types or clicks. */
const saidByLooking: ReadonlySet<InputMessage["type"]> = new Set([
  "motion",
  "motion-relative",
  "held",
  "release-all",
]);
/** How long the hello of an address that was wrong too often waits. */
const waitMs = 1_000;

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
  /** The size that the viewer was told last. */
  #toldScreen = { width: 0, height: 0 };

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

  /** Where it is in its life. Before `open` it has not proven its token. */
  get phase(): Phase["name"] {
    return this.#phase.name;
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
      this.#phase.name === "open" ? limits.messageBytes : limits.helloBytes;
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
      case "waiting":
        this.refuse(
          "out-of-order",
          "hello has not been answered yet",
          "outOfOrder",
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
    if (this.isOpen) {
      this.#log.info({ error, reason }, `a viewer was refused: ${message}`);
    } else if (this.#phase.name !== "closed") {
      this.#host.noteRefusal(error, message);
    }
    this.close(reason);
  }

  /** Releases everything the viewer holds and closes its socket; idempotent. */
  close(reason: CloseReason): void {
    const phase = this.#phase;
    if (phase.name === "closed") return;
    this.#phase = { name: "closed" };
    clearTimeout(this.#healthTimer);
    if (phase.name !== "open") {
      clearTimeout(phase.timer);
    } else {
      const { session } = phase;
      clearInterval(session.pingTimer);
      session.stopHealth();
      session.stopScreen();
      session.features.close();
      session.input.close();
      session.seat.close();
      session.release();
      void session.negotiation.close();
      this.#log.info({ reason }, "a viewer left");
    }
    this.#socket.close(reason);
  }

  #onHello(hello: Hello): void {
    if (hello.version !== protocolVersion) {
      this.refuse(
        "version",
        `this agent speaks version ${protocolVersion} of the protocol`,
        "version",
        "hello",
      );
      return;
    }
    if (this.#phase.name === "hello") clearTimeout(this.#phase.timer);
    if (!this.#host.mustWait()) {
      this.#admit(hello);
      return;
    }
    // Not refused: the right token must get in although others at its address guess.
    this.#phase = {
      name: "waiting",
      timer: setTimeout(() => {
        this.#admit(hello);
      }, waitMs),
    };
  }

  #admit(hello: Hello): void {
    const role = this.#host.authenticate(hello.token);
    if (role === undefined) {
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
    this.#open(hello.videoCodecs, role, release);
  }

  #open(
    videoCodecs: readonly VideoCodec[],
    role: Role,
    release: () => void,
  ): void {
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
    this.#toldScreen = this.#host.screen();
    this.#socket.send(JSON.stringify(this.#welcome(role)));
    const session: OpenSession = {
      release,
      seat,
      role,
      features: this.#openFeatures(role),
      input: new InputSequence(seat, this.#clock),
      negotiation,
      stopHealth: this.#host.onHealth(() => {
        this.#healthChanged();
      }),
      stopScreen: this.#host.onScreen(() => {
        this.#tellScreen();
      }),
      pingTimer: setInterval(() => {
        this.#ping();
      }, limits.pingIntervalMs),
    };
    this.#phase = { name: "open", session };
    this.#log.info({ videoCodecs, role }, "a viewer came");
    this.#send({ type: "health", health: this.#host.health() });
    negotiation.restart();
  }

  #welcome(role: Role): ServerMessage {
    return {
      type: "welcome",
      version: protocolVersion,
      viewerId: this.id,
      role,
      agentVersion: this.#host.agentVersion,
      screen: this.#toldScreen,
      iceServers: [...this.#host.ice.iceServers],
      iceTransportPolicy: this.#host.ice.iceTransportPolicy,
    };
  }

  #openFeatures(role: Role): ViewerFeatures {
    return new ViewerFeatures(this.#host.features, {
      viewerId: this.id,
      role,
      mayControl: () => role === "controller",
      send: (message) => {
        this.#send(message);
      },
      sendFrame: (frame) => {
        this.#socket.sendFrame(frame);
      },
      report: (error, message, about) => {
        this.#reportError(error, message, about);
      },
      log: this.#log,
    });
  }

  /** A binary message from the WebSocket: a piece of a bulk transfer. */
  onFrame(frame: Uint8Array): void {
    if (this.#phase.name !== "open") {
      this.refuse("bad-message", "the first message is text", "badMessage");
      return;
    }
    if (!this.#mayHandle()) return;
    if (!this.#phase.session.features.onFrame(frame))
      this.refuse("bad-message", "a frame begins with a number", "badMessage");
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
      case "quality":
        this.#onQuality(message, session);
        break;
      case "ping":
        this.#send({ type: "pong", id: message.id });
        break;
      case "pong":
        break; // That it came is all that matters, and #mayHandle has noted it.
      case "motion":
      case "motion-relative":
      case "path":
      case "button":
      case "wheel":
      case "key":
      case "text":
      case "held":
      case "release-all":
        this.#applyInput(message, session);
        break;
      default:
        if (!session.features.onMessage(message))
          this.#reportError(
            "not-allowed",
            "this session does not do that",
            message.type,
          );
    }
  }

  /** Viewers share encoders, so one who is there to look does not decide what the others get. */
  #onQuality({ maxBps, maxFps }: QualityMessage, session: OpenSession): void {
    if (session.role === "controller")
      session.negotiation.setWish({ maxBps, maxFps });
    else
      this.#reportError(
        "not-allowed",
        "this token only lets you look",
        "quality",
      );
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
    if (session.role !== "controller") {
      // A word for a key or a click; the pointer moves over every page that is looked at.
      if (!saidByLooking.has(message.type))
        this.#reportError(
          "not-allowed",
          "this token only lets you look",
          message.type,
        );
      return;
    }
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
      this.#tellScreen();
      this.#send({ type: "health", health: this.#host.health() });
    }, healthDebounceMs);
  }

  /** A display that was started anew, or attached to, may have another size than before. */
  #tellScreen(): void {
    const { width, height } = this.#host.screen();
    const told = this.#toldScreen;
    if (width === told.width && height === told.height) return;
    this.#toldScreen = { width, height };
    this.#send({ type: "screen", width, height });
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
