/**
 * The keyboard while the stage has the focus. What keys mean is noVNC's business.
 */
import NoVncKeyboard from "novnc-keyboard";
import type { KeyGate } from "./key-gate.ts";

/** Bound of the protocol for `KeyboardEvent.code`. */
const maxCodeLength = 32;

/**
 * Sends keys while `stage` has the focus and {@link Keyboard.enabled}. The page's own controls keep
 * their keys, as they are outside the stage.
 */
export class Keyboard {
  readonly #stage: HTMLElement;
  readonly #keyboard: NoVncKeyboard;
  readonly #onRelease: () => void;
  readonly #ending = new AbortController();
  #enabled = false;
  #grabbed = false;

  /**
   * @param options.onRelease the stage lost the focus or is out of sight: nothing can be held any more.
   * @param options.onLeave the keys that lead out of the session were pressed (see {@link isLeaveChord}).
   */
  constructor(options: {
    stage: HTMLElement;
    gate: KeyGate;
    onRelease: () => void;
    onLeave: () => void;
  }) {
    this.#stage = options.stage;
    this.#onRelease = options.onRelease;
    this.#keyboard = new NoVncKeyboard(options.stage);
    this.#keyboard.onkeyevent = (keysym, code, down) => {
      // A dead key has no keysym; the browser reports the letter it makes with the next key.
      if (keysym === null || keysym === 0) return;
      options.gate.key(keysym, code.slice(0, maxCodeLength), down);
    };
    this.#listen(options.onLeave);
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  set enabled(enabled: boolean) {
    if (this.#enabled === enabled) return;
    this.#enabled = enabled;
    if (!enabled) this.#release();
    else if (document.activeElement === this.#stage) this.#grab();
  }

  /** Lets go of every key, e.g. when it is not known what the session has got. */
  releaseAll(): void {
    const grabbed = this.#grabbed;
    this.#release();
    if (grabbed) this.#grab();
  }

  close(): void {
    this.#release();
    this.#ending.abort();
  }

  #listen(onLeave: () => void): void {
    const { signal } = this.#ending;
    this.#stage.addEventListener(
      "keydown",
      (event) => {
        if (!isLeaveChord(event)) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        onLeave();
      },
      { signal, capture: true },
    );
    this.#stage.addEventListener(
      "focus",
      () => {
        if (this.#enabled) this.#grab();
      },
      { signal },
    );
    this.#stage.addEventListener(
      "blur",
      () => {
        this.#release();
      },
      { signal },
    );
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "hidden") this.releaseAll();
      },
      { signal },
    );
    window.addEventListener(
      "pagehide",
      () => {
        this.releaseAll();
      },
      { signal },
    );
  }

  #grab(): void {
    if (this.#grabbed) return;
    this.#grabbed = true;
    this.#keyboard.grab();
  }

  #release(): void {
    if (!this.#grabbed) return;
    this.#grabbed = false;
    this.#keyboard.ungrab();
    this.#onRelease();
  }
}

/**
 * Control, Alt, Shift and M: the way from the session to the page's own controls for those who have no
 * pointer (WCAG 2.1.2, No Keyboard Trap).
 */
export function isLeaveChord(event: KeyboardEvent): boolean {
  return (
    event.ctrlKey && event.altKey && event.shiftKey && event.code === "KeyM"
  );
}
