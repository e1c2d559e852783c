/**
 * A signaling server behind a listener on loopback, real but for its host, and clients that come by WebSocket.
 */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { systemClock } from "../../agent/base/clock.ts";
import { poll, withDeadline } from "../../agent/base/deadline.ts";
import { HttpServer } from "../../agent/http/http-server.ts";
import { fixedTokens } from "../../signaling/authenticator.ts";
import { requestTimeoutMs, Sharing } from "../../signaling/features/sharing.ts";
import { subprotocol, type ServerMessage } from "../../signaling/protocol.ts";
import { SignalingServer } from "../../signaling/signaling-server.ts";
import { recordingLog, silentLog } from "./logs.ts";
import { FakeHost } from "./viewer-world.ts";

/** See the module's description. `right` is the token, `look` that of lookers; two have a place. */
export class SignalingWorld {
  readonly host = new FakeHost();
  readonly signaling: SignalingServer;
  /** Lines of the log. */
  readonly logged: readonly string[];
  /** The server's ends of all connections that asked for an upgrade. */
  readonly connections: Duplex[] = [];
  readonly #sharing: Sharing;
  readonly #clients: SignalingClient[] = [];
  #http: HttpServer | undefined;

  private constructor() {
    const { host } = this;
    const { log, lines } = recordingLog();
    this.logged = lines;
    this.#sharing = new Sharing({
      rules: { requestTimeoutMs, mode: "exclusive", allowViewers: false },
      places: { maxViewers: 2, maxControllers: 2 },
      pointers: false,
      viewerToken: "look",
      clock: systemClock,
      log,
    });
    this.signaling = new SignalingServer({
      session: {
        agentVersion: host.agentVersion,
        ice: host.ice,
        transport: "auto",
        createPeer: host.createPeer,
        screen: () => host.screen(),
        onScreen: (listener) => host.onScreen(listener),
        video: host.video,
        hasFailed: (codec) => host.hasFailed(codec),
        audio: host.audio,
        openSeat: () => host.openSeat(),
        admit: this.#sharing.admit,
        features: [this.#sharing.open],
        health: () => host.health(),
        onHealth: (listener) => host.onHealth(listener),
      },
      clock: systemClock,
      log,
      authenticator: fixedTokens({ controller: "right", viewer: "look" }),
      allowedOrigins: ["https://portal.example"],
    });
  }

  static async open(): Promise<SignalingWorld> {
    const world = new SignalingWorld();
    world.#http = await HttpServer.listen({
      host: "127.0.0.1",
      port: 0,
      handlers: [],
      onUpgrade: (request, socket, head) => {
        world.connections.push(socket);
        world.signaling.upgrade(request, socket, head);
      },
      log: silentLog,
    });
    return world;
  }

  get port(): number {
    return this.#http?.port ?? 0;
  }

  client(options: ClientOptions = {}): SignalingClient {
    const client = new SignalingClient(this.port, options);
    this.#clients.push(client);
    return client;
  }

  /** The HTTP status with which an upgrade was refused. */
  async refusal(options: ClientOptions): Promise<number> {
    const { socket } = this.client(options);
    const [, response] = (await once(socket, "unexpected-response")) as [
      unknown,
      { statusCode: number },
    ];
    return response.statusCode;
  }

  async closeListener(): Promise<void> {
    await this.#http?.close();
  }

  async close(): Promise<void> {
    for (const { socket } of this.#clients) socket.terminate();
    await this.signaling.close();
    this.#sharing.close();
    await this.closeListener();
  }
}

interface ClientOptions {
  origin?: string;
  /** Where the WebSocket is asked for; `/ws` by default. */
  path?: string;
}

/** One client, and what it was told. */
export class SignalingClient {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  readonly closed: Promise<number>;

  constructor(port: number, { origin, path = "/ws" }: ClientOptions) {
    this.socket = new WebSocket(
      `ws://127.0.0.1:${port}${path}`,
      subprotocol,
      origin === undefined ? {} : { origin },
    );
    this.closed = new Promise((resolve) => {
      this.socket.on("close", resolve);
    });
    this.socket.on("error", () => undefined); // Tests look at the close code or the refusal.
    this.socket.on("message", (data) => {
      this.messages.push(
        JSON.parse((data as Buffer).toString()) as ServerMessage,
      );
    });
  }

  say(message: unknown): void {
    this.socket.send(
      typeof message === "string" ? message : JSON.stringify(message),
    );
  }

  async hello(token = "right", more: object = {}): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN)
      await once(this.socket, "open");
    this.say({
      type: "hello",
      version: 1,
      token,
      videoCodecs: ["h264"],
      ...more,
    });
  }

  async message<T extends ServerMessage["type"]>(
    type: T,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    return await poll(
      () =>
        this.messages.find(
          (each): each is Extract<ServerMessage, { type: T }> =>
            each.type === type,
        ),
      { everyMs: 5, timeoutMs: 2_000, what: `the message ${type}` },
    );
  }

  closeCode(): Promise<number> {
    return withDeadline(this.closed, { timeoutMs: 2_000, what: "the close" });
  }
}
