/**
 * Who is here, and since when nobody is: what scale-to-zero goes by.
 */
import type { Clock } from "../base/clock.ts";
import type { CloseReason, Role } from "../../signaling/protocol.ts";
import type { SessionEvent } from "./session-event.ts";

/** How long nothing has been asked of the session. Unix milliseconds. */
export interface IdleFacts {
  /** Since when no viewer is here; `undefined` while one is. */
  readonly sinceMs: number | undefined;
  /** When somebody last typed, clicked or pointed; `undefined` before the first time. */
  readonly lastInputMs: number | undefined;
}

interface Visit {
  role: Role;
  sinceMs: number;
}

/** See the module's description. Time is that of `clock.nowMs`, so that a clock that is set makes nobody idle. */
export class Presence {
  readonly #clock: Clock;
  readonly #idleAfterMs: number | undefined;
  readonly #onEvent: (event: SessionEvent) => void;
  readonly #visits = new Map<string, Visit>();
  #emptySinceMs: number | undefined;
  #lastInputMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param options.idleAfterMs after which `session.idle` is told, once until somebody comes; never where absent. */
  constructor(options: {
    clock: Clock;
    idleAfterMs: number | undefined;
    onEvent: (event: SessionEvent) => void;
  }) {
    this.#clock = options.clock;
    this.#idleAfterMs = options.idleAfterMs;
    this.#onEvent = options.onEvent;
    this.#becomeEmpty();
  }

  get idle(): IdleFacts {
    return {
      sinceMs: this.#wall(this.#emptySinceMs),
      lastInputMs: this.#wall(this.#lastInputMs),
    };
  }

  /** How many are here. */
  get viewers(): number {
    return this.#visits.size;
  }

  joined(viewer: string, role: Role): void {
    if (this.#closed || this.#visits.has(viewer)) return;
    this.#visits.set(viewer, { role, sinceMs: this.#clock.nowMs() });
    this.#emptySinceMs = undefined;
    clearTimeout(this.#timer);
    this.#onEvent({
      type: "viewer.joined",
      viewer,
      role,
      viewers: this.#visits.size,
    });
  }

  left(viewer: string, reason: CloseReason): void {
    const visit = this.#visits.get(viewer);
    if (visit === undefined) return;
    this.#visits.delete(viewer);
    if (this.#visits.size === 0) this.#becomeEmpty();
    if (this.#closed) return;
    this.#onEvent({
      type: "viewer.left",
      viewer,
      role: visit.role,
      viewers: this.#visits.size,
      reason,
      stayedMs: Math.round(this.#clock.nowMs() - visit.sinceMs),
    });
  }

  /** Somebody has typed, clicked or pointed. Cheap: it is called for each motion. */
  input(): void {
    this.#lastInputMs = this.#clock.nowMs();
  }

  /** Tells nothing any more; idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #becomeEmpty(): void {
    this.#emptySinceMs = this.#clock.nowMs();
    if (this.#idleAfterMs === undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#tellIdle();
    }, this.#idleAfterMs);
  }

  #tellIdle(): void {
    const sinceMs = this.#emptySinceMs;
    if (sinceMs === undefined) return;
    this.#onEvent({
      type: "session.idle",
      since: new Date(this.#wall(sinceMs) ?? 0).toISOString(),
      idleMs: Math.round(this.#clock.nowMs() - sinceMs),
    });
  }

  #wall(nowMs: number | undefined): number | undefined {
    return nowMs === undefined
      ? undefined
      : this.#clock.wallMs() - (this.#clock.nowMs() - nowMs);
  }
}
