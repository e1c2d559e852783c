/**
 * What an orchestrator is told of a session. No names, addresses, credentials or contents: an event goes to places
 * that viewers know nothing of.
 */
import type { CloseReason, Role } from "../../signaling/protocol.ts";

/** Something that happened. Times are ISO 8601 in UTC. */
export type SessionEvent =
  /** The agent listens; its services are being started. */
  | { readonly type: "session.started"; readonly version: string }
  /** A viewer who comes now sees the desktop; `afterMs` since the start, or since it was last ready. */
  | { readonly type: "session.ready"; readonly afterMs: number }
  | { readonly type: "session.not-ready"; readonly reasons: readonly string[] }
  | {
      readonly type: "viewer.joined";
      /** Known to nobody else: an id that was made for this visit. */
      readonly viewer: string;
      readonly role: Role;
      /** How many are there now. */
      readonly viewers: number;
    }
  | {
      readonly type: "viewer.left";
      readonly viewer: string;
      readonly role: Role;
      readonly viewers: number;
      readonly reason: CloseReason;
      readonly stayedMs: number;
    }
  /** Nobody has been there for as long as `--idle-after` says. */
  | {
      readonly type: "session.idle";
      readonly since: string;
      readonly idleMs: number;
    }
  /** Asked to end; viewers have `graceMs` left. */
  | {
      readonly type: "session.ending";
      readonly reason: string;
      readonly graceMs: number;
    }
  /** The last event of a session. */
  | { readonly type: "session.ended"; readonly reason: string };

/** An event on its way. */
export interface EventRecord {
  /** The same in each try, so that a receiver knows what it has seen. */
  readonly id: string;
  /** Counts the events of a session from 1: a gap is one that was dropped. */
  readonly sequence: number;
  /** When it happened. */
  readonly time: string;
  /** The same for all events of one run of the agent. */
  readonly session: string;
  readonly event: SessionEvent;
}

/** The record as it is sent and written: one flat JSON object. `dropped`: how many were lost just before it. */
export function eventText(record: EventRecord, dropped: number): string {
  const { id, sequence, time, session, event } = record;
  return JSON.stringify({
    id,
    sequence,
    time,
    session,
    ...event,
    ...(dropped === 0 ? {} : { dropped }),
  });
}
