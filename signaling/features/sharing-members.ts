/**
 * Who is here, and who may come back to the place it had.
 */
import { createHash, randomBytes } from "node:crypto";
import type { PresentViewer, Role, Transport } from "../protocol.ts";
import type { Arrival } from "../viewer-access.ts";
import type { ViewerSide } from "../viewer-feature.ts";
import { cleanName } from "./sharing-name.ts";

/** A viewer that is here. */
export interface Member {
  readonly arrival: Arrival;
  readonly number: number;
  /** Unix time, in milliseconds. */
  readonly sinceMs: number;
  readonly resume: string;
  name: string;
  transport: Transport;
  /** Its side for messages; from its welcome until it leaves. */
  side: ViewerSide | undefined;
}

/** What is remembered of a visit, by its secret. */
interface Visit {
  viewerId: string;
  role: Role;
  number: number;
  sinceMs: number;
  /** On the monotonic clock; `Infinity` while it lasts. */
  untilMs: number;
}

/** Visits that are over and may be resumed; above it the oldest are forgotten. */
const maxVisits = 128;
const secretBytes = 24;

/** See the module's description. */
export class Members {
  /** In the order in which they came. */
  readonly #members = new Map<string, Member>();
  /** By the digest of the secret: a look-up tells nothing of what is stored. */
  readonly #visits = new Map<string, Visit>();

  get all(): readonly Member[] {
    return [...this.#members.values()];
  }

  get(viewerId: string): Member | undefined {
    return this.#members.get(viewerId);
  }

  /** The visit that `arrival` may go on with; `undefined` for none. */
  visitOf(arrival: Arrival, nowMs: number): Visit | undefined {
    if (arrival.resume === undefined) return undefined;
    const visit = this.#visits.get(digest(arrival.resume));
    if (visit?.role !== arrival.role) return undefined;
    return visit.untilMs > nowMs ? visit : undefined;
  }

  /**
   * Adds a viewer.
   * @param visit is gone on with, and can be only once.
   * @param now.wallMs Unix time; `now.nowMs` is on the monotonic clock.
   */
  add(
    arrival: Arrival,
    visit: Visit | undefined,
    { nowMs, wallMs }: { nowMs: number; wallMs: number },
  ): Member {
    if (visit !== undefined && arrival.resume !== undefined)
      this.#visits.delete(digest(arrival.resume));
    const member: Member = {
      arrival,
      number: this.#numberFor(visit, nowMs),
      sinceMs: visit?.sinceMs ?? wallMs,
      resume: randomBytes(secretBytes).toString("base64url"),
      name: cleanName(arrival.name ?? ""),
      transport: "websocket",
      side: undefined,
    };
    const { viewerId, role } = arrival;
    const { number, sinceMs } = member;
    const lasting = { viewerId, role, number, sinceMs, untilMs: Infinity };
    this.#visits.set(digest(member.resume), lasting);
    this.#members.set(viewerId, member);
    return member;
  }

  /** @param returnUntilMs until then it may come back to its place. */
  remove(member: Member, returnUntilMs: number): void {
    this.#members.delete(member.arrival.viewerId);
    const key = digest(member.resume);
    const visit = this.#visits.get(key);
    this.#visits.delete(key);
    if (visit === undefined) return;
    this.#visits.set(key, { ...visit, untilMs: returnUntilMs });
    this.#forgetOldest();
  }

  presence(mayControl: (viewerId: string) => boolean): PresentViewer[] {
    return this.all.map((member) => ({
      id: member.arrival.viewerId,
      number: member.number,
      name: member.name,
      role: member.arrival.role,
      since: new Date(member.sinceMs).toISOString(),
      controls: mayControl(member.arrival.viewerId),
      transport: member.transport,
    }));
  }

  /** Its former number, or the lowest that nobody has: those count who are here, and those who may come back. */
  #numberFor(visit: Visit | undefined, nowMs: number): number {
    if (visit !== undefined) return visit.number;
    const taken = new Set(this.all.map(({ number }) => number));
    for (const { number, untilMs } of this.#visits.values())
      if (untilMs > nowMs) taken.add(number);
    let number = 1;
    while (taken.has(number)) number += 1;
    return number;
  }

  #forgetOldest(): void {
    const over = [...this.#visits].filter(
      ([, { untilMs }]) => untilMs !== Infinity,
    );
    for (const [key] of over.slice(0, Math.max(over.length - maxVisits, 0)))
      this.#visits.delete(key);
  }
}

function digest(secret: string): string {
  return createHash("sha256").update(secret, "utf8").digest("base64");
}
