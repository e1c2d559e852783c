/**
 * What an orchestrator wants to know of a session, put together: events and their receivers, who is here, idle time.
 */
import { randomUUID } from "node:crypto";
import { systemClock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import { once } from "../base/shutdown.ts";
import type { Config } from "../config/settings.ts";
import { EventLog } from "../events/event-log.ts";
import { Outbox } from "../events/outbox.ts";
import { Presence } from "../events/presence.ts";
import { SessionEvents } from "../events/session-events.ts";
import { webhook } from "../events/webhook.ts";
import { IdleMemory } from "./idle-memory.ts";
import type { HealthSnapshot } from "../../signaling/protocol.ts";
import type { InputSeat } from "../../signaling/input.ts";
import type { Role } from "../../signaling/protocol.ts";
import type { SignalingSession } from "../../signaling/signaling-server.ts";
import type { Membership } from "../../signaling/viewer-access.ts";

/** Deadlines of one try: a receiver in the network, and one on this machine. */
const webhookAttemptMs = 5_000;
const logAttemptMs = 2_000;
/** What waits for a receiver at the end has this long. */
const flushMs = 2_000;

/** See the module's description. */
export class SessionWatch {
  readonly close = once(() => this.#end());
  readonly events: SessionEvents;
  readonly presence: Presence;
  readonly #log: EventLog | undefined;
  readonly #memory = new IdleMemory();

  /** @throws StreamSpaceError `unwritable` where the event log is a descriptor that cannot be written. */
  constructor(options: { config: Config; log: Logger }) {
    const { config } = options;
    const log = options.log.child({ part: "events" });
    const { eventLog, eventWebhook: url, eventWebhookSecret: secret } = config;
    this.#log = eventLog === undefined ? undefined : new EventLog(eventLog);
    this.events = new SessionEvents({
      clock: systemClock,
      outboxes: [
        ...(this.#log === undefined
          ? []
          : [
              new Outbox({
                ...{ name: "log", log, attemptMs: logAttemptMs },
                deliver: this.#log.deliver,
              }),
            ]),
        ...(url === undefined
          ? []
          : [
              new Outbox({
                ...{ name: "webhook", log, attemptMs: webhookAttemptMs },
                deliver: webhook({
                  ...{ url, secret },
                  wallMs: () => systemClock.wallMs(),
                }),
              }),
            ]),
      ],
    });
    const { idleAfterSeconds } = config;
    this.presence = new Presence({
      clock: systemClock,
      idleAfterMs:
        idleAfterSeconds === undefined ? undefined : idleAfterSeconds * 1_000,
      onEvent: (event) => {
        this.events.tell(event);
        if ("viewers" in event) this.#memory.changed(event.viewers);
      },
    });
    // The start has left its garbage as well, and may be hours before the first viewer.
    this.#memory.changed(0);
  }

  /** The part of the health snapshot that this knows. */
  health(): Pick<HealthSnapshot, "idle" | "events"> {
    const { sinceMs, lastInputMs } = this.presence.idle;
    const iso = (ms: number | undefined): string | null =>
      ms === undefined ? null : new Date(ms).toISOString();
    const reports = this.events.reports();
    return {
      idle: { since: iso(sinceMs), lastInput: iso(lastInputMs) },
      ...(reports.length === 0
        ? {}
        : {
            events: reports.map(({ lastError, ...counts }) => ({
              ...counts,
              ...(lastError === undefined ? {} : { lastError }),
            })),
          }),
    };
  }

  /** The same session, whose viewers and whose input are noted. */
  watched(session: SignalingSession): SignalingSession {
    const { presence } = this;
    return {
      ...session,
      admit: (arrival) => {
        const membership = session.admit(arrival);
        if (membership === undefined) return undefined;
        presence.joined(arrival.viewerId, arrival.role);
        return watchedMembership(membership, (reason) => {
          presence.left(arrival.viewerId, reason);
        });
      },
      openSeat: () => this.watchedSeat(session.openSeat()),
    };
  }

  /** The same seat, whose input is noted. */
  watchedSeat(seat: InputSeat): InputSeat {
    return noting(seat, () => {
      this.presence.input();
    });
  }

  /** Somebody of this role is here by VNC, until the returned function is called. */
  visit(role: Role): () => void {
    const viewer = randomUUID();
    this.presence.joined(viewer, role);
    return () => {
      this.presence.left(viewer, "normal");
    };
  }

  async #end(): Promise<void> {
    this.presence.close();
    this.#memory.close();
    await this.events.close(flushMs);
    await this.#log?.close();
  }
}

function watchedMembership(
  membership: Membership,
  onLeave: (reason: Parameters<Membership["leave"]>[0]) => void,
): Membership {
  return {
    get resume() {
      return membership.resume;
    },
    mayControl: () => membership.mayControl(),
    pointerAt: (x, y) => {
      membership.pointerAt(x, y);
    },
    transport: (transport) => {
      membership.transport(transport);
    },
    leave: (reason) => {
      membership.leave(reason);
      onLeave(reason);
    },
  };
}

function noting(seat: InputSeat, onInput: () => void): InputSeat {
  return {
    motion: (x, y) => {
      onInput();
      seat.motion(x, y);
    },
    motionBy: (dx, dy) => {
      onInput();
      seat.motionBy(dx, dy);
    },
    button: (button, pressed, x, y) => {
      onInput();
      seat.button(button, pressed, x, y);
    },
    wheel: (dx, dy, x, y) => {
      onInput();
      seat.wheel(dx, dy, x, y);
    },
    key: (keysym, code, pressed, locks) => {
      onInput();
      seat.key(keysym, code, pressed, locks);
    },
    text: (text) => {
      onInput();
      seat.text(text);
    },
    releaseAll: () => {
      seat.releaseAll();
    },
    close: () => {
      seat.close();
    },
  };
}
