/**
 * What VNC clients need of the session around them. The composition root gives it.
 */
import type { Duplex } from "node:stream";
import type { VncBackendName } from "../protocol/vnc.ts";
import type { InputSeat } from "../input.ts";
import type { Role } from "../protocol.ts";
import type { RfbRequests, RfbRights } from "./rfb-filter.ts";
import type { RfbDialect } from "./rfb-rules.ts";

/** A connection to a VNC server that was found and has proven to work. */
export interface VncConnection {
  readonly backend: VncBackendName;
  /** Nothing has been said on it. */
  readonly stream: Duplex;
  /** The server is needed no more by this client; idempotent. */
  release(): void;
}

/** See the module's description. */
export interface VncHost {
  /**
   * Connects to the session's VNC server, which is started where it does not run.
   * @throws StreamSpaceError `vnc-unavailable`, `aborted`.
   */
  connect(dialect: RfbDialect, signal: AbortSignal): Promise<VncConnection>;
  /** Whether clients of this role may use a dialect: KasmVNC's server tells every client what was copied. */
  admits(dialect: RfbDialect, role: Role): boolean;
  /** What a client of this role may do now. */
  rights(role: Role): RfbRights;
  /** What is done by the agent in place of the VNC server. */
  readonly requests: Pick<RfbRequests, "onCutText" | "onResize">;
  /** A client of this role is here, until the returned function is called. */
  visit(role: Role): () => void;
  /** A keyboard and pointer for one client. */
  openSeat(): InputSeat;
}

/** Says who a token belongs to, and counts wrong ones by address. */
export interface VncAccess {
  /**
   * `undefined`: it is wrong. An address that has been wrong too often waits first: people with the right token may share
   * it with one who guesses.
   * @throws StreamSpaceError `too-many` where so many wait that this one was not looked at.
   */
  roleOf(address: string, token: string): Promise<Role | undefined>;
  /** Whether a page of this origin may open a WebSocket. */
  isOriginAllowed(
    origin: string | undefined,
    host: string | undefined,
  ): boolean;
  /** As {@link isOriginAllowed}, without any that the settings add: for credentials that browsers send by themselves. */
  isOwnOrigin(origin: string | undefined, host: string | undefined): boolean;
}

/** The VNC clients that are here, of all kinds, and the most there may be. */
export class VncPlaces {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes a place until the returned function is called; `undefined` where all are taken. */
  take(): (() => void) | undefined {
    if (this.#taken >= this.#max) return undefined;
    this.#taken += 1;
    let held = true;
    return () => {
      if (held) this.#taken -= 1;
      held = false;
    };
  }
}
