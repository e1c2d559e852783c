/**
 * VNC over WebSockets: who may come in, the first message, and then RFB.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import * as v from "valibot";
import { createWebSocketStream, WebSocketServer, type WebSocket } from "ws";
import { withDeadline } from "../../agent/base/deadline.ts";
import {
  StreamSpaceError,
  toStreamSpaceError,
} from "../../agent/base/errors.ts";
import type { Logger } from "../../agent/base/log.ts";
import { once, type Closable } from "../../agent/base/shutdown.ts";
import { bearerToken } from "../auth.ts";
import { closeCodes, type Role } from "../protocol.ts";
import {
  binarySubprotocol,
  kasmPath,
  vncCloseCodes,
  vncHello,
  vncLimits,
  vncPaths,
  vncSubprotocol,
  type VncWelcome,
} from "../protocol/vnc.ts";
import { describeBridgeEnd } from "./rfb-bridge.ts";
import type { RfbDialect } from "./rfb-rules.ts";
import { serveClient } from "./serve-client.ts";
import type { VncAccess, VncHost, VncPlaces } from "./vnc-host.ts";
import type { VncTickets } from "./vnc-tickets.ts";

/** What the server needs. */
export interface VncSocketsOptions {
  host: VncHost;
  access: VncAccess;
  tickets: VncTickets;
  places: VncPlaces;
  log: Logger;
  /** Replaces {@link usualPingMs} in tests. */
  pingMs?: number;
}

/** A client is asked so often whether it is there; one that has not answered by the next time is let go. */
export const usualPingMs = 20_000;
/** After the close frame a peer has this long to answer it. */
const closeGraceMs = 500;
/** Sockets that have not shown their token yet; more are refused. */
const maxPending = 64;
/** A message of a real client is smaller; larger ones are content of a clipboard, which comes in pieces. */
const maxMessageBytes = 4_194_304;
/** What is held for a client that does not read, on this side of the kernel. */
const highWaterBytes = 262_144;

const reasons = { ...closeCodes, ...vncCloseCodes };
type Reason = keyof typeof reasons;

/** See the module's description. */
export class VncSockets implements Closable {
  readonly close = once(() => this.#end());
  readonly #options: VncSocketsOptions;
  readonly #ending = new AbortController();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) =>
      [vncSubprotocol, binarySubprotocol].find((name) => offered.has(name)) ??
      false,
  });
  #pending = 0;

  constructor(options: VncSocketsOptions) {
    this.#options = options;
  }

  /** Takes an upgrade of one of its paths; `false` leaves it to others. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const dialect = dialectOf((request.url ?? "").split("?", 1)[0] ?? "");
    if (dialect === undefined) return false;
    socket.on("error", () => undefined);
    this.#admit(request)
      .then((entry) => {
        if ("refusal" in entry) {
          socket.once("finish", () => socket.destroy());
          socket.end(
            `HTTP/1.1 ${entry.refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
          );
          return;
        }
        if (socket.destroyed) return;
        const address = request.socket.remoteAddress ?? "unknown";
        request.socket.setNoDelay(true);
        this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
          void this.#serve(webSocket, { dialect, address, role: entry.role });
        });
      })
      .catch((error: unknown) => {
        const { log } = this.#options;
        log.error({ err: error }, "an upgrade could not be answered");
        socket.destroy();
      });
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The role where the request shows it; `undefined` where the first message will. */
  async #admit({
    headers,
    socket,
  }: IncomingMessage): Promise<
    { refusal: string } | { role: Role | undefined }
  > {
    const { access, tickets } = this.#options;
    if (this.#ending.signal.aborted)
      return { refusal: "503 Service Unavailable" };
    if (!access.isOriginAllowed(headers.origin, headers.host))
      return { refusal: "403 Forbidden" };
    const offered = (headers["sec-websocket-protocol"] ?? "").split(/ *, */);
    if (offered.includes(vncSubprotocol))
      return this.#pending < maxPending
        ? { role: undefined }
        : { refusal: "503 Service Unavailable" };
    const token = bearerToken(headers.authorization);
    const byTicket = access.isOwnOrigin(headers.origin, headers.host)
      ? tickets.roleOf(headers.cookie)
      : undefined;
    try {
      const byToken =
        token === undefined
          ? undefined
          : await access.roleOf(socket.remoteAddress ?? "unknown", token);
      const role = byToken ?? byTicket;
      return role === undefined ? { refusal: "401 Unauthorized" } : { role };
    } catch (error) {
      if (toStreamSpaceError(error).code !== "too-many") throw error;
      return { refusal: "429 Too Many Requests" };
    }
  }

  /** From the open socket to its end; never rejects. */
  async #serve(
    webSocket: WebSocket,
    entry: { dialect: RfbDialect; address: string; role: Role | undefined },
  ): Promise<void> {
    const { log, pingMs = usualPingMs } = this.#options;
    webSocket.on("error", () => undefined); // Its end tells.
    const stopPings = keepAsking(webSocket, pingMs);
    try {
      const announces = entry.role === undefined;
      const role = entry.role ?? (await this.#greet(webSocket, entry.address));
      close(
        webSocket,
        await this.#carry(webSocket, { ...entry, role, announces }),
      );
    } catch (error) {
      const { code, message } = toStreamSpaceError(error);
      if (code !== "closed") log.info({ code }, `a VNC client: ${message}`);
      close(webSocket, reasonOf(code));
    } finally {
      stopPings();
    }
  }

  /** @throws StreamSpaceError `unauthorized`, `bad-message`, `timeout`, `closed`. */
  async #greet(webSocket: WebSocket, address: string): Promise<Role> {
    this.#pending += 1;
    try {
      const text = await withDeadline(firstMessage(webSocket), {
        timeoutMs: vncLimits.helloTimeoutMs,
        what: "the first message",
        signal: this.#ending.signal,
      });
      const hello = v.safeParse(vncHello, parsed(text));
      if (!hello.success)
        throw new StreamSpaceError("bad-message", "the first message is wrong");
      const role = await this.#options.access.roleOf(
        address,
        hello.output.token,
      );
      if (role === undefined)
        throw new StreamSpaceError("unauthorized", "a token was wrong");
      return role;
    } finally {
      this.#pending -= 1;
    }
  }

  async #carry(
    webSocket: WebSocket,
    client: { dialect: RfbDialect; role: Role; announces: boolean },
  ): Promise<Reason> {
    const { host, places, log } = this.#options;
    if (!host.admits(client.dialect, client.role)) return "unauthorized";
    const leave = places.take();
    if (leave === undefined) return "full";
    // What comes while the VNC server starts waits in the socket.
    webSocket.pause();
    const stream = createWebSocketStream(webSocket, {
      writableHighWaterMark: highWaterBytes,
      readableHighWaterMark: highWaterBytes,
    });
    stream.on("error", () => undefined);
    try {
      const end = await serveClient({
        ...{ client: stream, host, dialect: client.dialect, role: client.role },
        proof: { kind: "none" },
        onTrouble: (reason) => {
          log.debug({ reason }, "input of a VNC client had no effect");
        },
        signal: this.#ending.signal,
        onBackend: (backend) => {
          const { role } = client;
          const welcome: VncWelcome = { type: "vnc-welcome", role, backend };
          if (client.announces) webSocket.send(JSON.stringify(welcome));
          webSocket.resume();
        },
      });
      log.debug(`a VNC client ended: ${describeBridgeEnd(end)}`);
      if (end.by === "violation") return "badMessage";
      if (this.#ending.signal.aborted) return "goingAway";
      return end.by === "server" ? "serverEnded" : "normal";
    } finally {
      leave();
    }
  }

  async #end(): Promise<void> {
    this.#ending.abort();
    for (const webSocket of this.#sockets.clients)
      close(webSocket, "goingAway");
    const { promise, resolve } = Promise.withResolvers<undefined>();
    // Bounded: every socket is cut off after its grace.
    this.#sockets.close(() => {
      resolve(undefined);
    });
    await promise;
  }
}

function dialectOf(path: string): RfbDialect | undefined {
  if ((vncPaths as readonly string[]).includes(path)) return "rfb";
  return path === kasmPath ? "kasm" : undefined;
}

function reasonOf(code: StreamSpaceError["code"]): Reason {
  switch (code) {
    case "unauthorized":
      return "unauthorized";
    case "bad-message":
      return "badMessage";
    case "timeout":
      return "timeout";
    case "too-many":
      return "tooMany";
    case "aborted":
      return "goingAway";
    case "vnc-unavailable":
    case "closed":
      return "unavailable";
    default:
      return "internal";
  }
}

async function firstMessage(webSocket: WebSocket): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    webSocket.once("message", (data, isBinary) => {
      const bytes = data as Buffer;
      if (isBinary || bytes.length > vncLimits.helloBytes)
        reject(
          new StreamSpaceError("bad-message", "the first message is wrong"),
        );
      else resolve(bytes.toString("utf8"));
    });
    webSocket.once("close", () => {
      reject(new StreamSpaceError("closed", "it left without a word"));
    });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // The schema refuses it.
  }
}

function keepAsking(webSocket: WebSocket, everyMs: number): () => void {
  let answered = true;
  webSocket.on("pong", () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) {
      webSocket.terminate();
      return;
    }
    answered = false;
    webSocket.ping();
  }, everyMs);
  const stop = (): void => {
    clearInterval(timer);
  };
  webSocket.once("close", stop);
  return stop;
}

function close(webSocket: WebSocket, reason: Reason): void {
  const { code } = reasons[reason];
  webSocket.resume(); // Its answer to the close frame must be read.
  webSocket.close(code, reason);
  if (webSocket.readyState === webSocket.CLOSED) return;
  const timer = setTimeout(() => {
    webSocket.terminate();
  }, closeGraceMs);
  webSocket.once("close", () => {
    clearTimeout(timer);
  });
}
