/**
 * What the section of sharing shows, and what it wants of the feature.
 */
import { panelStrings } from "../panel-strings.ts";
import type { Observable } from "./observable.ts";

const words = panelStrings.sharing;

/** Somebody who has the session open. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly isSelf: boolean;
  readonly hasControl: boolean;
  /** Waits for control. */
  readonly asks: boolean;
  /** Whether the user may hand it control. */
  readonly mayGive: boolean;
  /** Whether its request is the user's to turn down. */
  readonly mayRefuse: boolean;
}

export interface SharingState {
  readonly people: readonly Person[];
  /** Whether the token allows control at all. */
  readonly mayControl: boolean;
  /** Nobody has control, nor is it kept for anybody. */
  readonly isFree: boolean;
  readonly mayAsk: boolean;
  /** What can be had without asking: control (`exclusive`), or that of those who look (`shared`). */
  readonly takes: "exclusive" | "shared" | undefined;
  readonly mayRelease: boolean;
  /** Whether the user may remove others. */
  readonly mayRemove: boolean;
  /** A link that lets others look; `undefined` where there is none for this user. */
  readonly link: string | undefined;
  /** What the user has chosen to be called; empty: nothing. */
  readonly name: string;
}

/** What this section wants of the feature that shares the session. */
export interface SharingControls extends Observable<SharingState> {
  /** Asks for control. */
  request(): void;
  /** Takes it, see {@link SharingState.takes}. */
  take(): void;
  release(): void;
  give(person: string): void;
  /** Turns a request down. */
  refuse(person: string): void;
  remove(person: string): void;
  rename(name: string): void;
}

/** Who controls the session, in a sentence to the user. */
export function sharingSummary({ people, mayControl }: SharingState): string {
  if (people.some(({ isSelf, hasControl }) => isSelf && hasControl))
    return words.mine;
  if (!mayControl) return words.looking;
  return people.some(({ hasControl }) => hasControl)
    ? words.others
    : words.free;
}

/** How many wait for the user to give control; 0 where it is not the user's to give. */
export function waitingForUser({ people }: SharingState): number {
  return people.filter(({ asks, mayRefuse }) => asks && mayRefuse).length;
}
