/**
 * One viewer, from the opening of its WebSocket to the end: who it is, whether it may come in, what is bounded.
 *
 * The socket's messages come in through {@link Viewer.onText} and {@link Viewer.onFrame}; the life of a viewer is one
 * of four phases, and each message is allowed in just one of them. What it does once it is in: `open-viewer.ts`.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../agent/base/clock.ts";
import type { Logger } from "../agent/base/log.ts";
import { guessersWaitMs } from "./auth.ts";
import { OpenViewer } from "./open-viewer.ts";
import {
  limits,
  parseClientMessage,
  protocolVersion,
  type CloseReason,
  type ErrorName,
  type Hello,
  type ServerMessage,
} from "./protocol.ts";
import { TokenBucket } from "./rate-limit.ts";
import type { ViewerHost, ViewerSocket } from "./viewer-host.ts";
import type { PeerStats } from "./webrtc/peer.ts";

type Phase =
  /** Nothing has been said. The timer ends the wait for it. */
  | { name: "hello"; timer: NodeJS.Timeout }
  /** Hello was said, from an address that was wrong too often. The timer has its token looked at. */
  | { name: "waiting"; timer: NodeJS.Timeout }
  | { name: "open"; session: OpenViewer }
  | { name: "closed" };

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
      ? this.#phase.session.peerStats()
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
        this.#phase.session.onMessage(message);
        break;
      case "closed":
        break;
    }
  }

  /** A binary message from the WebSocket: a piece of a bulk transfer. */
  onFrame(frame: Uint8Array): void {
    if (this.#phase.name !== "open") {
      this.refuse("bad-message", "the first message is text", "badMessage");
      return;
    }
    if (this.#mayHandle()) this.#phase.session.onFrame(frame);
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
    if (phase.name !== "open") {
      clearTimeout(phase.timer);
    } else {
      phase.session.close(reason);
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
      }, guessersWaitMs),
    };
  }

  #admit(hello: Hello): void {
    const identity = this.#host.authenticate(hello.token);
    if (identity === undefined) {
      this.refuse(
        "unauthorized",
        "the token is missing or wrong",
        "unauthorized",
        "hello",
      );
      return;
    }
    const { role } = identity;
    const membership = this.#host.admit({
      viewerId: this.id,
      role,
      name: identity.name ?? hello.name,
      isNameProven: identity.name !== undefined,
      resume: hello.resume,
      onControlLost: () => {
        if (this.#phase.name === "open") this.#phase.session.controlLost();
      },
      end: (error, message, reason) => {
        this.refuse(error, message, reason);
      },
    });
    if (membership === undefined) {
      this.refuse(
        "full",
        "as many viewers as allowed are here already",
        "full",
        "hello",
      );
      return;
    }
    const session = new OpenViewer({
      id: this.id,
      role,
      membership,
      videoCodecs: hello.videoCodecs,
      host: this.#host,
      clock: this.#clock,
      log: this.#log,
      line: {
        send: (message) => {
          this.#send(message);
        },
        sendFrame: (frame) => {
          this.#socket.sendFrame(frame);
        },
        report: (error, message, about) => {
          this.#reportError(error, message, about);
        },
        refuse: (error, message, reason, about) => {
          this.refuse(error, message, reason, about);
        },
        mayHandle: () => this.#mayHandle(),
        silenceMs: () => this.#clock.nowMs() - this.#lastHeardMs,
      },
    });
    this.#phase = { name: "open", session };
    session.begin();
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
