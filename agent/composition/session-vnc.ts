/**
 * The session's VNC servers as services: started for the first client, stopped after the last. The one of a display whose
 * X server is KasmVNC is there all the time; its service says whether it is wanted, and has been proven.
 */
import { join } from "node:path";
import type { ChildSpawner } from "../base/child-process.ts";
import { poll } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { Config } from "../config/settings.ts";
import type { RunningDisplay } from "../session/display.ts";
import type { SessionPaths } from "../session/session-directory.ts";
import { kasmvncOfDisplay } from "../session/vnc/kasmvnc-display.ts";
import { kasmvnc } from "../session/vnc/kasmvnc.ts";
import { startFirstVnc } from "../session/vnc/start-vnc.ts";
import { tigervnc } from "../session/vnc/tigervnc.ts";
import {
  connectTo,
  type RunningVnc,
  type VncBackend,
} from "../session/vnc/vnc-backend.ts";
import { x11vnc } from "../session/vnc/x11vnc.ts";
import type { Service, ServiceSpec } from "../supervisor/service.ts";
import type { VncBackendName } from "../../signaling/protocol/vnc.ts";
import type { RfbDialect } from "../../signaling/vnc/rfb-rules.ts";
import type { VncConnection } from "../../signaling/vnc/vnc-host.ts";
import { kasmvncRules } from "./own-x-server.ts";

/** A server goes on for this long after its last client left: most who leave reload the page. */
const lingerMs = 10_000;
/** A start may try several servers. */
const startTimeoutMs = 15_000;
/** How long a client waits for a server, its start included. */
const waitMs = 15_000;
const pollMs = 20;
/** A server that has failed so often in a row since a client came will not come for it: 1.5 s of back-off, and the starts. */
const mostFailures = 5;

/** The service for each dialect. */
const serviceOfDialect = { rfb: "vnc", kasm: "kasmvnc" } as const;
const dialects = ["rfb", "kasm"] as const satisfies readonly RfbDialect[];

export interface SessionVncOptions {
  config: Config;
  paths: SessionPaths;
  spawner: ChildSpawner;
  /** Name of the service of the display. */
  requires: string;
  /** @throws StreamSpaceError `display-unreachable`. */
  display: () => RunningDisplay;
  env: () => NodeJS.ProcessEnv;
}

/** What /health says of VNC. */
export interface VncFacts {
  service: string;
  backend: VncBackendName | undefined;
}

/** See the module's description. */
export class SessionVnc {
  readonly specs: readonly ServiceSpec[];
  readonly #options: SessionVncOptions;
  readonly #backends: readonly VncBackend[];
  readonly #running = new Map<RfbDialect, RunningVnc>();
  readonly #services = new Map<RfbDialect, Service>();

  constructor(options: SessionVncOptions) {
    this.#options = options;
    const { config } = options;
    const { vncBackends, vnc } = config;
    const known: Record<VncBackendName, VncBackend> = {
      kasmvnc:
        config.xServer === "kasmvnc"
          ? kasmvncOfDisplay
          : kasmvnc(kasmvncRules(config)),
      tigervnc,
      x11vnc,
    };
    this.#backends = vnc ? vncBackends.map((name) => known[name]) : [];
    this.specs = dialects
      .filter((dialect) => this.#of(dialect).length > 0)
      .map((dialect) => this.#spec(dialect));
  }

  /** Gives it its services, which the supervisor has made of {@link specs}. */
  bind(service: (name: string) => Service): void {
    for (const dialect of dialects) {
      if (this.#of(dialect).length > 0)
        this.#services.set(dialect, service(serviceOfDialect[dialect]));
    }
  }

  /**
   * The first server that is installed and has not failed last time; where all have, the first that is installed, since
   * only a client has it tried again. `undefined` where none is.
   * @param admits whether a dialect will do.
   */
  preferred(
    admits: (dialect: RfbDialect) => boolean,
  ): VncBackendName | undefined {
    const usable = this.#backends.filter(
      (backend) => admits(backend.dialect) && backend.find() !== undefined,
    );
    const worked = usable.find(
      ({ dialect }) => this.#services.get(dialect)?.startError === undefined,
    );
    return (worked ?? usable[0])?.name;
  }

  facts(): VncFacts[] {
    return [...this.#services.keys()].map((dialect) => ({
      service: serviceOfDialect[dialect],
      backend: this.#running.get(dialect)?.backend,
    }));
  }

  /**
   * A connection to a server of this dialect, which is started where it does not run. One that dies meanwhile is waited
   * for again.
   * @throws StreamSpaceError `vnc-unavailable`, `aborted`, `timeout`.
   */
  async connect(
    dialect: RfbDialect,
    signal: AbortSignal,
  ): Promise<VncConnection> {
    const service = this.#services.get(dialect);
    if (service === undefined) {
      throw new StreamSpaceError(
        "vnc-unavailable",
        "the settings allow no VNC server of this kind",
      );
    }
    const failedBefore = service.state.failures;
    const release = service.acquire();
    const ended = new AbortController();
    const bounds = AbortSignal.any([signal, ended.signal]);
    try {
      const connected = await poll(
        async () => {
          this.#assertHope(dialect, service, failedBefore);
          return await this.#connectNow(dialect, service, bounds);
        },
        {
          ...{ everyMs: pollMs, timeoutMs: waitMs, signal },
          what: "the start of a VNC server",
        },
      );
      return { ...connected, release };
    } catch (error) {
      ended.abort();
      release();
      throw error;
    }
  }

  /** `undefined` where no server answers now. */
  async #connectNow(
    dialect: RfbDialect,
    service: Service,
    signal: AbortSignal,
  ): Promise<Pick<VncConnection, "backend" | "stream"> | undefined> {
    const running = this.#running.get(dialect);
    if (service.state.name !== "running" || running === undefined)
      return undefined;
    const { backend, socket } = running;
    try {
      return { backend, stream: await connectTo(socket, signal) };
    } catch (error) {
      if (signal.aborted) throw error;
      return undefined; // It has just died, or hangs: either is found out, and mended.
    }
  }

  /** @throws StreamSpaceError `vnc-unavailable` where waiting is in vain. */
  #assertHope(
    dialect: RfbDialect,
    { state, startError }: Service,
    failedBefore: number,
  ): void {
    if (state.name !== "backing-off" || startError === undefined) return;
    const isInstalled = this.#of(dialect).some(
      (backend) => backend.find() !== undefined,
    );
    if (isInstalled && state.failures - failedBefore < mostFailures) return;
    throw new StreamSpaceError("vnc-unavailable", startError.message, {
      cause: startError,
    });
  }

  #of(dialect: RfbDialect): VncBackend[] {
    return this.#backends.filter((backend) => backend.dialect === dialect);
  }

  #spec(dialect: RfbDialect): ServiceSpec {
    const { spawner, paths, config, requires, display, env } = this.#options;
    const name = serviceOfDialect[dialect];
    return {
      ...{ name, requires: [requires], required: false, startTimeoutMs },
      onDemand: { lingerMs },
      start: async (context) => {
        const server = display();
        const running = await startFirstVnc(this.#of(dialect), {
          ...{ spawner, context, env: env() },
          display: server.display,
          screen: server.connection.screen,
          rfbSocket: server.rfbSocket,
          directory: join(paths.session, name),
          frameRate: config.frameRate,
        });
        this.#running.set(dialect, running);
        void running.exited.then(() => {
          if (this.#running.get(dialect) === running)
            this.#running.delete(dialect);
        });
        return running;
      },
    };
  }
}
