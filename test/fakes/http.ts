/**
 * A listener of one test, and requests to it.
 */
import { once } from "node:events";
import {
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import {
  HttpServer,
  type HttpLimits,
  type RequestHandler,
  type UpgradeHandler,
} from "../../agent/http/http-server.ts";
import { silentLog } from "./logs.ts";

/** What came back. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Opens a listener on loopback; it closes after the test that calls this. */
export async function serve(
  handlers: readonly RequestHandler[],
  onUpgrade: UpgradeHandler = (_request, socket) => socket.destroy(),
  limits: Partial<HttpLimits> = {},
): Promise<TestListener> {
  const server = await HttpServer.listen({
    host: "127.0.0.1",
    port: 0,
    handlers,
    onUpgrade,
    log: silentLog,
    limits,
  });
  onTestFinished(() => server.close());
  return new TestListener(server);
}

/** See the module's description. */
export class TestListener {
  readonly #server: HttpServer;

  constructor(server: HttpServer) {
    this.#server = server;
  }

  get port(): number {
    return this.#server.port;
  }

  /** A bare connection that has sent `bytes`. */
  async knock(bytes: string): Promise<Socket> {
    const socket = connect(this.port, "127.0.0.1");
    socket.on("error", () => undefined); // Reset or closed: both are the end of it.
    await once(socket, "connect");
    if (bytes !== "") socket.write(bytes);
    return socket;
  }

  /** Asks for a path; the body is read as text. */
  async ask(path: string, options: RequestOptions = {}): Promise<Answer> {
    const response = await this.request(path, options);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: await text(response),
    };
  }

  /** The same, with the body left to the caller. */
  async request(
    path: string,
    options: RequestOptions = {},
  ): Promise<IncomingMessage> {
    const asked = request({
      host: "127.0.0.1",
      port: this.port,
      path,
      agent: false,
      ...options,
    });
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return response;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }
}
