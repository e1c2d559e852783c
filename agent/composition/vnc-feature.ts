/**
 * VNC put together: servers, clients by WebSocket and by port, pages, and the further ports of HTTP.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { once, type Closable } from "../base/shutdown.ts";
import type { Config } from "../config/settings.ts";
import { readVncPassword } from "../config/vnc-password.ts";
import { HttpServer, type RequestHandler } from "../http/http-server.ts";
import {
  kasmClientHandler,
  vncOffHandler,
  vncSessionHandler,
} from "../http/vnc-routes.ts";
import type { DesktopClipboard } from "../session/desktop-clipboard.ts";
import type { DesktopInput } from "../session/desktop-input.ts";
import type { DesktopScreen } from "../session/desktop-screen.ts";
import type { Role } from "../../signaling/protocol.ts";
import type { RfbRights } from "../../signaling/vnc/rfb-filter.ts";
import {
  VncPlaces,
  type VncAccess,
  type VncHost,
} from "../../signaling/vnc/vnc-host.ts";
import { VncPort } from "../../signaling/vnc/vnc-port.ts";
import { VncSockets } from "../../signaling/vnc/vnc-sockets.ts";
import { VncTickets } from "../../signaling/vnc/vnc-tickets.ts";
import type { SessionVnc } from "./session-vnc.ts";
import type { SessionWatch } from "./session-watch.ts";

export interface VncFeatureOptions {
  config: Config;
  vnc: SessionVnc;
  input: DesktopInput;
  screen: DesktopScreen;
  clipboard: DesktopClipboard;
  access: VncAccess;
  /** Hears who comes, and what they do: who sits at a VNC client is no less here than who sits at the page. */
  watch: Pick<SessionWatch, "visit" | "watchedSeat">;
  clock: Clock;
  log: Logger;
}

/** A client that follows nothing: plain VNC cannot be told of the clipboard by the agent. */
const silentFollower = { wants: () => false, onOffer: () => undefined };

/** See the module's description. */
export class VncFeature implements Closable {
  readonly close = once(() => this.#end());
  /** Routes for the agent's listener. */
  readonly handlers: readonly RequestHandler[];
  readonly #options: VncFeatureOptions;
  readonly #places: VncPlaces;
  readonly #sockets: VncSockets;
  readonly #host: VncHost;
  readonly #listeners: Closable[] = [];

  constructor(options: VncFeatureOptions) {
    this.#options = options;
    const { config, vnc, access, clock, log } = options;
    const tickets = new VncTickets(clock);
    this.#places = new VncPlaces(config.maxViewers);
    this.#host = vncHost(options);
    this.#sockets = new VncSockets({
      ...{ access, tickets, log, host: this.#host, places: this.#places },
    });
    this.handlers = config.vnc
      ? [
          vncSessionHandler({
            ...{ access, tickets },
            preferred: (role) =>
              vnc.preferred((dialect) => this.#host.admits(dialect, role)),
          }),
          kasmClientHandler(config.kasmvncClient),
        ]
      : [vncOffHandler];
  }

  /** Clients that are here. */
  get clients(): number {
    return this.#places.taken;
  }

  /** Takes an upgrade for VNC; `false` leaves it to others. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    return (
      this.#options.config.vnc && this.#sockets.upgrade(request, socket, head)
    );
  }

  /**
   * Opens the further ports. One of HTTP that is taken is left out: it is an alias, and several sessions may share a
   * machine.
   * @throws StreamSpaceError `config`, `listen-failed` of the port for VNC programs, which somebody has asked for.
   */
  async listen(
    main: Omit<Parameters<typeof HttpServer.listen>[0], "host" | "port">,
  ): Promise<void> {
    const { config, log, clock } = this.#options;
    if (!config.vnc) return;
    const { novncPort, kasmvncPort, linuxserverPort, vncPort } = config;
    const toVnc = [redirectHome("vnc/")];
    await this.#alias(main, novncPort, toVnc);
    await this.#alias(main, kasmvncPort, toVnc);
    await this.#alias(main, linuxserverPort, []);
    // The configuration has no port without a password.
    if (vncPort === undefined || config.vncPasswordFile === undefined) return;
    const port = await VncPort.listen({
      ...{ address: config.vncHost, port: vncPort, clock, log },
      password: readVncPassword(config.vncPasswordFile),
      ...{ host: this.#host, places: this.#places },
    });
    this.#listeners.push(port);
    log.info({ port: port.port, host: config.vncHost }, "VNC listens");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #alias(
    main: Omit<Parameters<typeof HttpServer.listen>[0], "host" | "port">,
    port: number | undefined,
    first: readonly RequestHandler[],
  ): Promise<void> {
    const { config, log } = this.#options;
    if (port === undefined || port === config.port) return;
    try {
      const server = await HttpServer.listen({
        ...{ ...main, host: config.host, port },
        handlers: [...first, ...main.handlers],
      });
      this.#listeners.push(server);
      log.info({ port: server.port }, "HTTP listens here too");
    } catch (error) {
      log.warn({ reason: messageOf(error) }, "a further port stays closed");
    }
  }

  async #end(): Promise<void> {
    await this.#sockets.close();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}

/** Answers `/` with the way to another page; browsers keep the fragment, and with it the token. */
function redirectHome(to: string): RequestHandler {
  return (_request, response, path) => {
    if (path !== "/") return false;
    response
      .writeHead(302, { Location: to, "Cache-Control": "no-store" })
      .end();
    return true;
  };
}

function vncHost(options: VncFeatureOptions): VncHost {
  const { config, vnc, input, screen, clipboard, log, watch } = options;
  const givesClipboard =
    config.clipboard === "out" || config.clipboard === "both";
  const takesClipboard =
    config.clipboard === "in" || config.clipboard === "both";
  return {
    connect: (dialect, signal) => vnc.connect(dialect, signal),
    admits: (dialect, role) =>
      dialect === "rfb" || role === "controller" || !givesClipboard,
    rights: (role: Role): RfbRights => {
      // Where control is in one hand, it is passed on by /ws, and VNC shows what that hand does.
      const controls = role === "controller" && config.control === "shared";
      return {
        input: controls,
        clipboard: controls && takesClipboard,
        resize: controls && screen.follows,
      };
    },
    visit: (role) => watch.visit(role),
    openSeat: () => watch.watchedSeat(input.openSeat()),
    requests: {
      onCutText: (text) => {
        const bytes = Buffer.from(text, "utf8");
        if (bytes.length > config.clipboardMaxBytes) return;
        clipboard
          .write(new Map([["text", bytes]]), silentFollower)
          .catch((error: unknown) => {
            log.info({ reason: messageOf(error) }, "a clipboard got lost");
          });
      },
      onResize: (width, height) => {
        const { min, max } = screen.limits;
        screen
          .resize({
            width: even(width, min.width, max.width),
            height: even(height, min.height, max.height),
            scale: 1,
          })
          .catch((error: unknown) => {
            log.info({ reason: messageOf(error) }, "the screen kept its size");
          });
      },
    },
  };
}

/** Video has no odd sizes. */
function even(value: number, min: number, max: number): number {
  return Math.floor(Math.min(Math.max(value, min), max) / 2) * 2;
}
