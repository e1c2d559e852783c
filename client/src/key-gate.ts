/**
 * Holds typing back while something must be done first, such as bringing the clipboard into the session before Control+V.
 */

/** Typing that waits; more is let through, as a user who types on does not wait for it. */
const maxWaiting = 256;
/** Nobody waits longer for what should come first. */
const timeoutMs = 1_500;

/** See the module's description. */
export class KeyGate {
  #waiting: (() => void)[] = [];
  #holders = 0;

  /** Sends now, or when the gate opens; in order either way. */
  pass(send: () => void): void {
    if (this.#holders === 0) {
      send();
      return;
    }
    this.#waiting.push(send);
    if (this.#waiting.length > maxWaiting) this.#open();
  }

  /** Closes the gate until `done` settles, or for {@link timeoutMs}. */
  hold(done: Promise<unknown>): void {
    this.#holders += 1;
    let held = true;
    const release = (): void => {
      clearTimeout(timer);
      if (!held) return;
      held = false;
      this.#holders -= 1;
      if (this.#holders === 0) this.#open();
    };
    const timer = setTimeout(release, timeoutMs);
    done.then(release, release);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
  }

  #open(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const send of waiting) send();
  }
}
