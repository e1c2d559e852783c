/**
 * Full screen, with the keys that browsers keep to themselves (Escape, Alt+Tab, the system key) where
 * they can be had.
 */

/** The Keyboard Lock API; Chromium only, secure contexts only. */
interface KeyboardLock {
  lock(): Promise<void>;
  unlock(): void;
}

function keyboardLock(): KeyboardLock | undefined {
  return (navigator as { keyboard?: KeyboardLock }).keyboard;
}

/** See the module's description. */
export class FullScreen {
  readonly #element: () => Element;
  readonly #ending = new AbortController();

  /** @param options.element what fills the screen; the whole page where it is left out. */
  constructor(options: {
    onChange: (active: boolean) => void;
    element?: () => Element;
  }) {
    this.#element = options.element ?? (() => document.documentElement);
    document.addEventListener(
      "fullscreenchange",
      () => {
        if (!this.active) keyboardLock()?.unlock();
        options.onChange(this.active);
      },
      { signal: this.#ending.signal },
    );
  }

  /** iPhones have no full screen for pages. */
  get available(): boolean {
    return document.fullscreenEnabled;
  }

  get active(): boolean {
    return document.fullscreenElement === this.#element();
  }

  /** @returns whether the browser did it; it refuses without a gesture. */
  async toggle(): Promise<boolean> {
    try {
      if (this.active) {
        await document.exitFullscreen();
        return true;
      }
      await this.#element().requestFullscreen({ navigationUI: "hide" });
    } catch {
      return false; // The browser or a policy of the embedding page said no; there is nothing to undo.
    }
    // Full screen is what was asked for; a browser that keeps its keys does not take it back.
    await keyboardLock()
      ?.lock()
      .catch(() => undefined);
    return true;
  }

  close(): void {
    this.#ending.abort();
  }
}
