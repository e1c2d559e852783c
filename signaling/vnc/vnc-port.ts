/**
 * A TCP port for VNC programs, with VNC Authentication. Off unless the settings open it.
 */
import {
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import type { Clock } from "../../agent/base/clock.ts";
import { messageOf, StreamSpaceError } from "../../agent/base/errors.ts";
import type { Logger } from "../../agent/base/log.ts";
import { once, type Closable } from "../../agent/base/shutdown.ts";
import { FailureLimit } from "../auth.ts";
import { describeBridgeEnd } from "./rfb-bridge.ts";
import { serveClient } from "./serve-client.ts";
import type { VncHost, VncPlaces } from "./vnc-host.ts";

export interface VncPortOptions {
  /** The address to listen on. */
  address: string;
  /** 0 takes any free port. */
  port: number;
  password: Buffer;
  host: VncHost;
  places: VncPlaces;
  clock: Clock;
  log: Logger;
}

/** Connections that have not proven their password yet count too. */
const maxConnections = 64;
/** The kernel asks a silent client after so long whether it is there. */
const keepAliveMs = 30_000;

/** See the module's description. */
export class VncPort implements Closable {
  readonly close = once(() => this.#end());
  readonly #options: VncPortOptions;
  readonly #server: Server;
  readonly #failures: FailureLimit;
  readonly #ending = new AbortController();
  readonly #sockets = new Set<Socket>();

  private constructor(options: VncPortOptions) {
    this.#options = options;
    this.#failures = new FailureLimit(options.clock);
    this.#server = createServer({ noDelay: true }, (socket) => {
      void this.#serve(socket);
    });
    this.#server.maxConnections = maxConnections;
  }

  /** @throws StreamSpaceError `listen-failed`. */
  static async listen(options: VncPortOptions): Promise<VncPort> {
    const port = new VncPort(options);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    port.#server.once("error", reject);
    port.#server.listen({ host: options.address, port: options.port }, () => {
      resolve(undefined);
    });
    try {
      await promise;
    } catch (error) {
      throw new StreamSpaceError(
        "listen-failed",
        `cannot listen for VNC on ${options.address} port ${options.port}: ${messageOf(error)}`,
        { cause: error, mend: "Choose another port with --vnc-port." },
      );
    }
    port.#server.off("error", reject);
    port.#server.on("error", (error) => {
      options.log.warn({ reason: error.message }, "the port for VNC");
    });
    return port;
  }

  /** The port that is listened on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Never rejects. */
  async #serve(socket: Socket): Promise<void> {
    const { host, password, places, log } = this.#options;
    const address = socket.remoteAddress ?? "unknown";
    socket.on("error", () => undefined); // Its end tells.
    socket.setKeepAlive(true, keepAliveMs);
    const leave = this.#failures.allows(address) ? places.take() : undefined;
    if (leave === undefined) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    try {
      const end = await serveClient({
        ...{ client: socket, host, dialect: "rfb", role: "controller" },
        proof: {
          ...{ kind: "password", password },
          onResult: (right) => {
            if (!right) this.#failures.failed(address);
          },
        },
        signal: this.#ending.signal,
        onTrouble: (reason) => {
          log.debug({ reason }, "input of a VNC client had no effect");
        },
      });
      log.debug(`a VNC program ended: ${describeBridgeEnd(end)}`);
    } catch (error) {
      log.info(`a VNC program: ${messageOf(error)}`);
    } finally {
      leave();
      this.#sockets.delete(socket);
      // What was said last, such as that the password is wrong, still goes out.
      socket.end(() => socket.destroy());
      setTimeout(() => socket.destroy(), 500).unref();
    }
  }

  async #end(): Promise<void> {
    this.#ending.abort();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => {
      resolve(undefined);
    });
    for (const socket of this.#sockets) socket.destroy();
    await promise;
  }
}
