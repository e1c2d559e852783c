/**
 * Which of the two clipboards is newer, the browser's or the session's. Pure.
 *
 * A browser does not tell when its clipboard changes, so that has to be inferred: contents that were seen before have not
 * changed, and nobody copies elsewhere while this page has the focus.
 */
import { isSame, type Fingerprint } from "./clipboard-contents.ts";

/** See the module's description. */
export class ClipboardLedger {
  /** What the browser's clipboard was known to have last. */
  #seen: Fingerprint | undefined;
  /** Whether the session has something that the browser was not given. */
  #sessionIsNewer = false;
  /** Whether the page lost the focus since then. */
  #wasLeft = false;

  /**
   * The session's programs have copied something.
   * @param isHere whether the page has the focus.
   */
  sessionCopied(isHere: boolean): void {
    this.#sessionIsNewer = true;
    this.#wasLeft = !isHere;
  }

  /** The session has something that nobody knows the age of. */
  sessionHad(): void {
    this.sessionCopied(false);
  }

  /** The page has lost the focus. */
  left(): void {
    this.#wasLeft = true;
  }

  /** Both have the same: the browser was given it, or the session was. */
  agreed(fingerprint: Fingerprint | undefined): void {
    this.#seen = fingerprint;
    this.#sessionIsNewer = false;
  }

  /** Whether the browser's clipboard may be replaced by the session's: nobody can have copied anything since. */
  get mayWrite(): boolean {
    return this.#sessionIsNewer && !this.#wasLeft;
  }

  /**
   * Whether what the browser has now must go to the session.
   * @param isPaste whether the user pastes it, which decides where nobody knows which is newer.
   */
  mustSend(fingerprint: Fingerprint | undefined, isPaste: boolean): boolean {
    if (isSame(fingerprint, this.#seen)) return false;
    return !this.#sessionIsNewer || (isPaste && this.#wasLeft);
  }

  /** The session's clipboard is lost, e.g. with its display. */
  sessionLost(): void {
    this.#seen = undefined;
    this.#sessionIsNewer = false;
  }
}
