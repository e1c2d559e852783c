/**
 * Tickets: what a web client shows that cannot send a token itself, KasmVNC's. A page that has shown its token gets one
 * as a cookie that no script can read and no other site makes a browser send.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../agent/base/clock.ts";
import type { Role } from "../protocol.ts";

/** A ticket is good for this long; a session that lasts longer shows its token again. */
const lifetimeMs = 12 * 3_600_000;
/** Tickets at one time; the oldest goes. */
const maxTickets = 256;
const ticketBytes = 32;

/** See the module's description. */
export class VncTickets {
  /** Cookies are the same for all ports of a host: agents there must not take each other's for wrong ones. */
  readonly cookie = `streamspace_vnc_${randomBytes(6).toString("hex")}`;
  readonly #clock: Clock;
  readonly #tickets = new Map<string, { role: Role; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes a ticket for somebody of this role. */
  issue(role: Role): string {
    if (this.#tickets.size >= maxTickets) {
      const oldest = this.#tickets.keys().next().value;
      if (oldest !== undefined) this.#tickets.delete(oldest);
    }
    const ticket = randomBytes(ticketBytes).toString("base64url");
    const untilMs = this.#clock.nowMs() + lifetimeMs;
    this.#tickets.set(ticket, { role, untilMs });
    return ticket;
  }

  /** The role of the ticket in a Cookie header, `undefined` where there is none that is good. */
  roleOf(cookies: string | undefined): Role | undefined {
    const name = `${this.cookie}=`;
    const given = (cookies ?? "")
      .split(";")
      .map((part) => part.trim())
      .find((part) => part.startsWith(name));
    if (given === undefined) return undefined;
    // Looked up rather than compared: a ticket's 256 bits are not found by timing a hash table.
    const ticket = this.#tickets.get(given.slice(name.length));
    if (ticket === undefined || ticket.untilMs < this.#clock.nowMs())
      return undefined;
    return ticket.role;
  }
}
