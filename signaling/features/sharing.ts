/**
 * Sharing a session: who is let in, who may act, and what everybody is told of the others.
 */
import type { Clock } from "../../agent/base/clock.ts";
import type { Logger } from "../../agent/base/log.ts";
import type { CloseReason, ServerMessage } from "../protocol.ts";
import { TokenBucket } from "../rate-limit.ts";
import type { Arrival, Membership } from "../viewer-access.ts";
import type {
  OpenFeature,
  ViewerFeature,
  ViewerSide,
} from "../viewer-feature.ts";
import {
  mayAsk,
  mayDecide,
  nextDeadlineMs,
  transition,
  type ControlInput,
} from "./sharing-control.ts";
import {
  emptyControl,
  type ControlRules,
  type ControlState,
} from "./sharing-control-state.ts";
import { Members, type Member } from "./sharing-members.ts";
import { cleanName } from "./sharing-name.ts";
import { hasPlace, type PlaceLimits } from "./sharing-places.ts";
import { PointerBoard } from "./sharing-pointers.ts";

/** See {@link ControlRules.requestTimeoutMs}. */
export const requestTimeoutMs = 60_000;
/** So long is its place in the order of control kept for a viewer. */
export const returnGraceMs = {
  /** One whose connection was lost. */
  lost: 10_000,
  /** One whose page has said goodbye: it may be loaded again, and others should not wait for long. */
  left: 5_000,
} as const;

export interface SharingOptions {
  rules: ControlRules;
  places: PlaceLimits;
  /** Whether viewers see each other's pointers. */
  pointers: boolean;
  /** The token of lookers, which controllers may hand on. */
  viewerToken: string;
  clock: Clock;
  log: Logger;
}

/** Changes come in bursts; viewers get one list for a burst. */
export const presenceDebounceMs = 200;
/** What one viewer may ask for: each wish may be told to everybody. */
const wishes = { burst: 20, ratePerSecond: 4 } as const;

/** See the module's description. One for a session. */
export class Sharing {
  readonly #options: SharingOptions;
  readonly #members = new Members();
  readonly #pointers: PointerBoard | undefined;
  #control: ControlState = emptyControl;
  #controlTimer: NodeJS.Timeout | undefined;
  #presenceTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: SharingOptions) {
    this.#options = options;
    if (!options.pointers) return;
    this.#pointers = new PointerBoard((places) => {
      this.#tellEach(({ arrival }) => {
        const viewers = places.filter(({ id }) => id !== arrival.viewerId);
        return viewers.length > 0 ? { type: "pointers", viewers } : undefined;
      });
    });
  }

  /** Lets a viewer in; `undefined` where there is no place for it. */
  readonly admit = (arrival: Arrival): Membership | undefined => {
    const { clock, places } = this.#options;
    const visit = this.#members.visitOf(arrival, clock.nowMs());
    if (visit !== undefined) {
      // The network may have lost its former connection without a word.
      this.#members
        .get(visit.viewerId)
        ?.arrival.end(
          "replaced",
          "this page has come back by another connection",
          "replaced",
        );
    }
    const present = this.#members.all.map((member) => member.arrival.role);
    if (!hasPlace(places, present, arrival.role)) return undefined;
    const member = this.#members.add(arrival, visit, {
      nowMs: clock.nowMs(),
      wallMs: clock.wallMs(),
    });
    const { viewerId: id, role } = arrival;
    this.#apply({ type: "join", id, role, resumes: visit?.viewerId });
    this.#presenceChanged();
    return this.#membershipOf(member);
  };

  /** The feature, as each viewer has it. */
  readonly open: OpenFeature = (viewer) => {
    const member = this.#members.get(viewer.viewerId);
    if (member === undefined) return { handlers: {}, close: () => undefined };
    member.side = viewer;
    viewer.send(this.#controlFor(member));
    return this.#featureOf(member, viewer);
  };

  /** Ends its timers; idempotent. Viewers are the server's to end. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#controlTimer);
    clearTimeout(this.#presenceTimer);
    this.#pointers?.close();
  }

  #membershipOf(member: Member): Membership {
    const { viewerId } = member.arrival;
    return {
      resume: member.resume,
      mayControl: () => this.#mayControl(viewerId),
      pointerAt: (x, y) => {
        this.#pointers?.moved(viewerId, x, y);
      },
      transport: (transport) => {
        if (member.transport === transport) return;
        member.transport = transport;
        this.#presenceChanged();
      },
      leave: (reason) => {
        this.#leave(member, reason);
      },
    };
  }

  #featureOf(member: Member, viewer: ViewerSide): ViewerFeature {
    const { clock } = this.#options;
    const bucket = new TokenBucket({ clock, ...wishes });
    const by = member.arrival.viewerId;
    const limited =
      <M extends { type: Parameters<ViewerSide["report"]>[2] }>(
        act: (message: M) => string | undefined,
      ) =>
      (message: M): void => {
        const refusal = bucket.take()
          ? act(message)
          : "so many wishes in so little time are not granted";
        if (refusal !== undefined)
          viewer.report("not-allowed", refusal, message.type);
      };
    return {
      handlers: {
        "control-request": limited(() => this.#apply({ type: "request", by })),
        "control-take": limited(() => this.#apply({ type: "take", by })),
        "control-release": limited(() => this.#apply({ type: "release", by })),
        "control-give": limited((message) =>
          this.#apply({ type: "give", by, to: message.viewer }),
        ),
        "control-deny": limited((message) =>
          this.#apply({ type: "deny", by, to: message.viewer }),
        ),
        kick: limited((message) => this.#kick(by, message.viewer)),
        rename: limited((message) => this.#rename(member, message.name)),
        "share-link": limited(() => {
          const token = this.#options.viewerToken;
          viewer.send({ type: "share-link", token });
          return undefined;
        }),
      },
      close: () => {
        member.side = undefined;
      },
    };
  }

  #mayControl(viewerId: string): boolean {
    return this.#control.holders.includes(viewerId);
  }

  #leave(member: Member, reason: CloseReason): void {
    const { clock } = this.#options;
    const id = member.arrival.viewerId;
    if (this.#members.get(id) !== member) return;
    const graceMs = graceAfter(reason);
    member.side = undefined;
    this.#members.remove(member, clock.nowMs() + graceMs);
    this.#pointers?.left(id);
    this.#apply({ type: "leave", id, graceMs });
    this.#presenceChanged();
  }

  #kick(by: string, id: string): string | undefined {
    const target = this.#members.get(id);
    if (target === undefined) return "this viewer is not here";
    if (id === by) return "nobody ends their own visit so";
    this.#options.log.info({ by, viewer: id }, "a viewer is sent away");
    // Whoever ends the holder's visit means to act.
    if (this.#options.rules.mode === "exclusive" && this.#mayControl(id))
      this.#apply({ type: "take", by });
    target.arrival.end("kicked", "a controller ended this visit", "kicked");
    return undefined;
  }

  #rename(member: Member, name: string): string | undefined {
    if (member.arrival.isNameProven) return "the token says what your name is";
    const clean = cleanName(name);
    if (clean === member.name) return undefined;
    member.name = clean;
    this.#presenceChanged();
    return undefined;
  }

  /** @returns why the wish was not granted. */
  #apply(input: ControlInput): string | undefined {
    const { rules, clock } = this.#options;
    const before = this.#control;
    const { state, news, refusal } = transition(
      rules,
      before,
      input,
      clock.nowMs(),
    );
    this.#control = state;
    if (state === before) return refusal;
    // First of all: a key that stays down would be typed on by whoever acts next.
    for (const id of before.holders)
      if (!state.holders.includes(id))
        this.#members.get(id)?.arrival.onControlLost();
    if (isSeen(before, state))
      this.#tellEach((member) => this.#controlFor(member));
    for (const { to, ...notice } of news)
      this.#members.get(to)?.side?.send({ type: "control-notice", ...notice });
    this.#armControl();
    if (isSeen(before, state)) this.#presenceChanged();
    return refusal;
  }

  #armControl(): void {
    clearTimeout(this.#controlTimer);
    const dueMs = nextDeadlineMs(this.#control);
    if (dueMs === undefined || this.#isClosed) return;
    const waitMs = Math.max(Math.ceil(dueMs - this.#options.clock.nowMs()), 1);
    this.#controlTimer = setTimeout(() => {
      this.#apply({ type: "time" });
      // A timer may be early; what is not due yet is waited for again.
      this.#armControl();
    }, waitMs);
    this.#controlTimer.unref();
  }

  #controlFor({ arrival }: Member): ServerMessage {
    const { viewerId } = arrival;
    const { holders, requests, kept } = this.#control;
    const asking = requests.map(({ id }) => id);
    return {
      type: "control",
      mode: this.#options.rules.mode,
      holders: [...holders],
      requests: asking,
      yours: this.#mayControl(viewerId),
      mayAsk: mayAsk(this.#options.rules, this.#control, viewerId),
      decides: asking.filter((id) => mayDecide(this.#control, viewerId, id)),
      kept: kept.length > 0,
    };
  }

  #presenceChanged(): void {
    if (this.#isClosed) return;
    this.#presenceTimer ??= setTimeout(() => {
      this.#presenceTimer = undefined;
      const viewers = this.#members.presence((id) => this.#mayControl(id));
      this.#tellEach(() => ({ type: "presence", viewers }));
    }, presenceDebounceMs);
    this.#presenceTimer.unref();
  }

  #tellEach(message: (member: Member) => ServerMessage | undefined): void {
    for (const member of this.#members.all) {
      const told = message(member);
      if (told !== undefined) member.side?.send(told);
    }
  }
}

function graceAfter(reason: CloseReason): number {
  if (reason === "kicked") return 0;
  return reason === "normal" ? returnGraceMs.left : returnGraceMs.lost;
}

/** Whether viewers are to be told; that somebody came or left is not control's to say. */
function isSeen(before: ControlState, after: ControlState): boolean {
  const words = ({ holders, requests, kept }: ControlState): string =>
    JSON.stringify([holders, requests.map(({ id }) => id), kept.length]);
  return words(before) !== words(after);
}
