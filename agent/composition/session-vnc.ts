/**
 * The session's VNC servers as services: started for the first client, stopped after the last.
 */
import { join } from "node:path";
import type { ChildSpawner } from "../base/child-process.ts";
import { poll } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { Config } from "../config/settings.ts";
import type { RunningDisplay } from "../session/display.ts";
import type { SessionPaths } from "../session/session-directory.ts";
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

/** A server goes on for this long after its last client left: most who leave reload the page. */
const lingerMs = 10_000;
/** A start may try several servers. */
const startTimeoutMs = 15_000;
/** How long a client waits for a server, its start included. */
const waitMs = 15_000;
const pollMs = 20;

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
    const { clipboard, vncBackends, vnc } = options.config;
    const known: Record<VncBackendName, VncBackend> = {
      kasmvnc: kasmvnc({
        clipboardIn: clipboard === "in" || clipboard === "both",
        clipboardOut: clipboard === "out" || clipboard === "both",
      }),
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
   * The first server that is installed and has not failed last time, `undefined` where there is none.
   * @param admits whether a dialect will do.
   */
  preferred(
    admits: (dialect: RfbDialect) => boolean,
  ): VncBackendName | undefined {
    return this.#backends.find(
      (backend) =>
        admits(backend.dialect) &&
        this.#services.get(backend.dialect)?.startError === undefined &&
        backend.find() !== undefined,
    )?.name;
  }

  facts(): VncFacts[] {
    return [...this.#services.keys()].map((dialect) => ({
      service: serviceOfDialect[dialect],
      backend: this.#running.get(dialect)?.backend,
    }));
  }

  /**
   * A connection to a server of this dialect, which is started where it does not run.
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
    const release = service.acquire();
    try {
      const { socket, backend } = await poll(
        () => this.#runningOf(dialect, service),
        {
          ...{ everyMs: pollMs, timeoutMs: waitMs, signal },
          what: "the start of a VNC server",
        },
      );
      const stream = await connectTo(socket, signal);
      return { backend, stream, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #runningOf(dialect: RfbDialect, service: Service): RunningVnc | undefined {
    const { state, startError } = service;
    if (state.name === "running") return this.#running.get(dialect);
    if (state.name !== "backing-off" || startError === undefined)
      return undefined;
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
