/**
 * The secret with which a page comes back to the place and the control that it had.
 *
 * It is in the storage of the tab only while the page is hidden, left, or put to sleep: browsers copy that storage
 * when a tab is duplicated, and the copy would push the original out of its place.
 */
import type { ResumeKeeper } from "./sharing.ts";

const storageKey = "streamspace.resume";

/** See the module's description. Reads, once, what an earlier page of this tab has left. */
export class ResumeSecret implements ResumeKeeper {
  secret: string | undefined;
  readonly #ending = new AbortController();

  constructor() {
    this.secret = takeStored();
    const { signal } = this.#ending;
    const store = (): void => {
      if (this.secret !== undefined) put(this.secret);
    };
    window.addEventListener("pagehide", store, { signal });
    document.addEventListener("freeze", store, { signal });
    window.addEventListener(
      "pageshow",
      () => {
        takeStored();
      },
      { signal },
    );
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "hidden") store();
        else takeStored();
      },
      { signal },
    );
  }

  /** Idempotent. */
  close(): void {
    this.#ending.abort();
  }
}

function takeStored(): string | undefined {
  try {
    const stored = sessionStorage.getItem(storageKey) ?? undefined;
    sessionStorage.removeItem(storageKey);
    return stored;
  } catch {
    return undefined; // Storage may be forbidden; the page then comes back as a new one.
  }
}

function put(secret: string): void {
  try {
    sessionStorage.setItem(storageKey, secret);
  } catch {
    // See takeStored().
  }
}
