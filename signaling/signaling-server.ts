/**
 * Accepts WebSockets, gives each to a {@link Viewer}, and ends them all in the end.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { Clock } from "../agent/base/clock.ts";
import { sleep } from "../agent/base/deadline.ts";
import { StreamSpaceError } from "../agent/base/errors.ts";
import type { Logger } from "../agent/base/log.ts";
import { once, type Closable } from "../agent/base/shutdown.ts";
import { FailureLimit, guessersWaitMs, isOriginAllowed } from "./auth.ts";
import type { Authenticator, Identity } from "./authenticator.ts";
import { bulkLimits } from "./protocol/bulk-channel.ts";
import { placeToFree } from "./pending.ts";
import {
  closeCodes,
  limits,
  subprotocol,
  type CloseReason,
  type Role,
} from "./protocol.ts";
import { RefusalLog } from "./refusal-log.ts";
import { Viewer } from "./viewer.ts";
import type { ViewerHost, ViewerSocket } from "./viewer-host.ts";

/** Path of the WebSocket. */
export const signalingPath = "/ws";

/** What the server needs of the session; the rest of {@link ViewerHost} is its own business. */
export type SignalingSession = Omit<
  ViewerHost,
  "mustWait" | "authenticate" | "noteRefusal"
>;

export interface SignalingServerOptions {
  session: SignalingSession;
  clock: Clock;
  log: Logger;
  /** Knows the credentials, one of which every viewer must show. */
  authenticator: Authenticator;
  /** Origins allowed besides the agent's own; `*` for any. */
  allowedOrigins: readonly string[];
}

/**
 * What a viewer has not read yet: bulk transfers, which keep to a window each, and signaling, which is small. One that
 * is further behind has stopped reading.
 */
const maxBufferedBytes =
  bulkLimits.transfers * bulkLimits.windowBytes + 1_048_576;
/** After the close frame a peer has this long to answer it; its socket takes a place until then. */
const closeGraceMs = 500;
/** Tokens outside of hellos that may wait at a time, of all addresses that were wrong too often. */
const mostWaitingGuesses = 32;

/** The signaling end of the agent. */
export class SignalingServer implements Closable {
  readonly close = once(() => this.#end());
  readonly #options: SignalingServerOptions;
  readonly #failures: FailureLimit;
  readonly #refusals: RefusalLog;
  /** In the order in which they came, each with its address. */
  readonly #viewers = new Map<Viewer, string>();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    // Above our own bound, so that a message that is somewhat too large still gets a typed error.
    maxPayload: 4 * limits.messageBytes,
    perMessageDeflate: false,
    // One message in each turn of the loop: a window of a transfer that has come while something else was done would hold
    // up everybody's input for as long as all its frames take.
    allowSynchronousEvents: false,
    handleProtocols: (offered) =>
      offered.has(subprotocol) ? subprotocol : false,
  });
  #closed = false;
  #waitingGuesses = 0;

  constructor(options: SignalingServerOptions) {
    this.#options = options;
    this.#failures = new FailureLimit(options.clock);
    this.#refusals = new RefusalLog(options.log);
  }

  /** Viewers that have proven their token. */
  get viewers(): readonly Viewer[] {
    return [...this.#viewers.keys()].filter((viewer) => viewer.isOpen);
  }

  /**
   * Whether a plain request from `address` shows a token of the controller role. A wrong one counts as it does in
   * a hello, and an address that is out of tries gets `false` whatever it shows: a request is answered
   * at once.
   */
  isAuthorized(address: string, token: string | undefined): boolean {
    if (token === undefined || !this.#failures.allows(address)) return false;
    const identity = this.#authenticate(address, token);
    if (identity === undefined)
      this.#refusals.note("unauthorized", "a request had the wrong token");
    return identity?.role === "controller";
  }

  /**
   * The role of a token that came outside of a hello. A wrong one counts as it does there, and an address that is out of
   * tries waits as long; {@link mostWaitingGuesses} do at once.
   * @throws StreamSpaceError `too-many` where as many wait: the token was not looked at, and may be right.
   */
  async roleOf(address: string, token: string): Promise<Role | undefined> {
    if (!this.#failures.allows(address)) {
      if (this.#waitingGuesses >= mostWaitingGuesses)
        throw new StreamSpaceError("too-many", "too many tokens wait");
      this.#waitingGuesses += 1;
      await sleep(guessersWaitMs);
      this.#waitingGuesses -= 1;
    }
    const identity = this.#authenticate(address, token);
    if (identity === undefined)
      this.#refusals.note("unauthorized", "a request had the wrong token");
    return identity?.role;
  }

  /** Takes over an HTTP upgrade; the caller hands it every upgrade of its listener. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined); // A peer that vanishes during the handshake is nothing to report.
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      // Not left to the peer, which may keep its half open for ever.
      socket.once("finish", () => socket.destroy());
      socket.end(
        `HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#accept(webSocket, request.socket.remoteAddress ?? "unknown");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #refusal(request: IncomingMessage): string | undefined {
    const path = (request.url ?? "").split("?", 1)[0];
    if (path !== signalingPath) return "404 Not Found";
    if (this.#closed) return "503 Service Unavailable";
    const allowed = isOriginAllowed({
      origin: request.headers.origin,
      host: request.headers.host,
      allowed: this.#options.allowedOrigins,
    });
    return allowed ? undefined : "403 Forbidden";
  }

  #accept(webSocket: WebSocket, address: string): void {
    placeToFree(this.#viewers, address)?.refuse(
      "timeout",
      "others wait for this place, and no hello came",
      "timeout",
    );
    const viewer = new Viewer({
      host: this.#hostFor(address),
      socket: viewerSocket(webSocket),
      clock: this.#options.clock,
      log: this.#options.log,
    });
    this.#viewers.set(viewer, address);
    webSocket.on("message", (data: RawData, isBinary: boolean) => {
      if (isBinary) {
        viewer.onFrame(data as Buffer);
        return;
      }
      // With the default binaryType a message is one Buffer.
      viewer.onText((data as Buffer).toString("utf8"));
    });
    webSocket.on("close", (code) => {
      // Without a goodbye it counts as one that was waited for in vain: it may well come back.
      const saidGoodbye = code === closeCodes.normal.code;
      viewer.close(saidGoodbye ? "normal" : "timeout");
      this.#viewers.delete(viewer);
    });
    webSocket.on("error", (error) => {
      if (viewer.isOpen) {
        this.#options.log.info({ reason: error.message }, "a WebSocket broke");
      } else if (viewer.phase !== "closed") {
        this.#refusals.note("bad-message", "its WebSocket broke");
      }
      viewer.close("timeout");
    });
  }

  #hostFor(address: string): ViewerHost {
    return {
      ...this.#options.session,
      mustWait: () => !this.#failures.allows(address),
      authenticate: (token) => this.#authenticate(address, token),
      noteRefusal: (error, message) => {
        this.#refusals.note(error, message);
      },
    };
  }

  #authenticate(address: string, token: string): Identity | undefined {
    const identity = this.#options.authenticator.authenticate(token);
    if (identity === undefined) this.#failures.failed(address);
    return identity;
  }

  async #end(): Promise<void> {
    this.#closed = true;
    for (const viewer of this.#viewers.keys()) viewer.close("goingAway");
    this.#refusals.close();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    // Bounded: every viewer's socket that was closed above is cut off after its grace.
    this.#sockets.close(() => {
      resolve(undefined);
    });
    await promise;
  }
}

function viewerSocket(webSocket: WebSocket): ViewerSocket {
  const close = (reason: CloseReason): void => {
    webSocket.close(closeCodes[reason].code, reason);
    if (webSocket.readyState === webSocket.CLOSED) return;
    const timer = setTimeout(() => {
      webSocket.terminate();
    }, closeGraceMs);
    webSocket.once("close", () => {
      clearTimeout(timer);
    });
  };
  const send = (data: string | Uint8Array): void => {
    if (webSocket.readyState !== webSocket.OPEN) return;
    if (webSocket.bufferedAmount > maxBufferedBytes) webSocket.terminate();
    else webSocket.send(data);
  };
  return {
    send,
    sendFrame: send,
    close,
  };
}
