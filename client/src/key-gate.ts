/**
 * Lets keys through to the session, in order, except while a paste is on its way there: then keys wait behind it, so that
 * what is typed after a paste comes after it. They wait for a moment only; pointer input never does.
 */
import type { KeyLocks } from "../../signaling/protocol.ts";

/** A key as it is sent: X11 keysym, and `KeyboardEvent.code`. */
export interface Key {
  readonly keysym: number;
  readonly code: string;
}

/** Keys that are pressed together, the last one being the one that counts. */
export interface Combination {
  readonly modifiers: readonly Key[];
  readonly key: Key;
  /** Codes of held keys that would spoil it, and are let go before it. */
  readonly without?: readonly string[];
}

type Send = (
  keysym: number,
  code: string,
  pressed: boolean,
  locks?: KeyLocks,
) => void;

/** How long keys wait for a paste. A person does not notice, and a large paste takes longer. */
export const keyHoldMs = 500;
/** More keys than a person presses in that time. */
const maxWaiting = 256;

/** See the module's description. */
export class KeyGate {
  readonly #send: Send;
  /** Keys that are down in the session, by code. */
  readonly #held = new Map<string, number>();
  #waiting: (() => void)[] = [];
  /** Pastes under way. */
  #pastes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: Send) {
    this.#send = send;
  }

  /** A key of the keyboard. */
  key(keysym: number, code: string, pressed: boolean, locks?: KeyLocks): void {
    this.pass(() => {
      this.#pass(keysym, code, pressed, locks);
    });
  }

  /** Something else that is typed: sent now, or when the gate opens; in order either way. */
  pass(send: () => void): void {
    // Without the timer the moment is over, although a paste may still be on its way.
    const mustWait = this.#timer !== undefined && this.#pastes > 0;
    if (mustWait && this.#waiting.length < maxWaiting) this.#waiting.push(send);
    else {
      this.flush();
      send();
    }
  }

  /**
   * A paste begins.
   * @returns what ends it, once; with a combination that is pressed and let go first.
   */
  hold(): (combination: Combination | undefined) => void {
    this.#pastes += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.flush();
    }, keyHoldMs);
    let isOver = false;
    return (combination) => {
      if (isOver) return;
      isOver = true;
      this.#pastes -= 1;
      if (combination !== undefined) this.#press(combination);
      if (this.#pastes === 0) this.flush();
    };
  }

  /** Lets all keys through that wait. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const send of waiting) send();
  }

  /** Nothing is held in the session any more. */
  released(): void {
    this.flush();
    this.#held.clear();
  }

  #pass(
    keysym: number,
    code: string,
    pressed: boolean,
    locks?: KeyLocks,
  ): void {
    if (pressed) this.#held.set(code, keysym);
    else this.#held.delete(code);
    this.#send(keysym, code, pressed, locks);
  }

  /** Modifiers that are held stay so; the others are pressed for the key alone. */
  #press({ modifiers, key, without = [] }: Combination): void {
    const spoiling = [...this.#held].filter(([code]) => without.includes(code));
    const held = new Set(this.#held.values());
    const missing = modifiers.filter(({ keysym }) => !held.has(keysym));
    for (const [code, keysym] of spoiling) this.#pass(keysym, code, false);
    for (const { keysym, code } of missing) this.#send(keysym, code, true);
    this.#send(key.keysym, key.code, true);
    this.#send(key.keysym, key.code, false);
    for (const { keysym, code } of missing.toReversed())
      this.#send(keysym, code, false);
  }
}
