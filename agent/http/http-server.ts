/**
 * The one listener of the agent: probes, the page, and the upgrade to a WebSocket.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { messageOf, StreamSpaceError, systemCodeOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { once, type Closable } from "../base/shutdown.ts";

/** Answers one request, at once or by and by, or returns `false` to leave it to the next. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) => boolean | Promise<void>;

export type UpgradeHandler = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
) => void;

/** Headers of every response. The page needs nothing but itself and its WebSocket. */
const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' blob:; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** Bounds that no client can go beyond. */
export interface HttpLimits {
  /** A request must have arrived within this, body and all, although nothing here takes a body. */
  requestTimeoutMs: number;
  /** Its headers must have; also counted from the opening of a connection on which nothing comes. */
  headersTimeoutMs: number;
  /** How often the two above are looked at, and so how much later a connection may end. */
  checkIntervalMs: number;
  /** Connections at one time, WebSockets included; more are closed as soon as they are accepted. */
  maxConnections: number;
}

const defaultLimits: HttpLimits = {
  requestTimeoutMs: 10_000,
  headersTimeoutMs: 5_000,
  checkIntervalMs: 1_000,
  maxConnections: 1_024,
};

/** See the module's description. */
export class HttpServer implements Closable {
  readonly close = once(() => this.#end());
  readonly #server: Server;
  /** Connections that Node does not count as its own any more, but waits for when it closes. */
  readonly #upgraded = new Set<Duplex>();

  private constructor(server: Server, onUpgrade: UpgradeHandler) {
    this.#server = server;
    server.on("upgrade", (request, socket, head) => {
      request.url = originForm(request.url ?? "/");
      this.#upgraded.add(socket);
      socket.once("close", () => this.#upgraded.delete(socket));
      onUpgrade(request, socket, head);
    });
  }

  /**
   * Opens the listener.
   * @param options.port 0 takes any free port.
   * @param options.onUpgrade gets each request for a WebSocket. Other upgrades are not taken up, which
   *   leaves ordinary requests (RFC 9110, section 7.8).
   * @param options.limits replace the defaults.
   * @throws StreamSpaceError `port-taken`, `listen-failed`.
   */
  static async listen(options: {
    host: string;
    port: number;
    handlers: readonly RequestHandler[];
    onUpgrade: UpgradeHandler;
    log: Logger;
    limits?: Partial<HttpLimits>;
  }): Promise<HttpServer> {
    const limits = { ...defaultLimits, ...options.limits };
    const server = createServer(
      {
        requestTimeout: limits.requestTimeoutMs,
        headersTimeout: limits.headersTimeoutMs,
        connectionsCheckingInterval: limits.checkIntervalMs,
        shouldUpgradeCallback: ({ headers }) =>
          headers.upgrade?.toLowerCase() === "websocket",
      },
      (request, response) => {
        answer(request, response, options);
      },
    );
    server.maxConnections = limits.maxConnections;
    server.on("clientError", (_error, socket) => {
      socket.destroy();
    });
    const httpServer = new HttpServer(server, options.onUpgrade);
    await listening(server, options);
    return httpServer;
  }

  /** The port that is listened on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => {
      resolve(undefined);
    });
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    await promise;
  }
}

async function listening(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once("error", reject);
  server.listen({ host, port }, () => {
    resolve(undefined);
  });
  try {
    await promise;
  } catch (error) {
    throw listenError(error, host, port);
  } finally {
    server.off("error", reject);
  }
}

function listenError(
  error: unknown,
  host: string,
  port: number,
): StreamSpaceError {
  if (systemCodeOf(error) === "EADDRINUSE") {
    return new StreamSpaceError(
      "port-taken",
      `port ${port} on ${host} is in use by another process`,
      {
        cause: error,
        mend: "End that process, or choose another port with --port or STREAMSPACE_PORT.",
      },
    );
  }
  return new StreamSpaceError(
    "listen-failed",
    `cannot listen on ${host} port ${port}: ${messageOf(error)}`,
    {
      cause: error,
      mend: "Choose another address or port with --host and --port.",
    },
  );
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { handlers, log }: { handlers: readonly RequestHandler[]; log: Logger },
): void {
  for (const [name, value] of Object.entries(securityHeaders)) {
    response.setHeader(name, value);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD" }).end();
    return;
  }
  request.url = originForm(request.url ?? "/");
  const path = request.url.split("?", 1)[0] ?? "/";
  const onFailed = (error: unknown): void => {
    log.error({ err: error }, "a request could not be answered");
    if (!response.headersSent) sendText(response, 500, "An internal error.");
    else response.destroy();
  };
  try {
    for (const handle of handlers) {
      const taken = handle(request, response, path);
      if (taken === false) continue;
      if (taken !== true) taken.catch(onFailed);
      return;
    }
    sendText(response, 404, "There is nothing here.");
  } catch (error) {
    onFailed(error);
  }
}

/** A request target as a path; clients of proxies send whole addresses (RFC 9112, section 3.2.2). */
function originForm(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?]*/i, "");
  return path.startsWith("/") ? path : `/${path}`;
}

/** Answers with plain text. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
): void {
  response
    .writeHead(status, {
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": "no-store",
    })
    .end(`${text}\n`);
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
): void {
  response
    .writeHead(status, {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
    })
    .end(`${JSON.stringify(value)}\n`);
}
