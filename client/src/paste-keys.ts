/**
 * Brings a paste of the browser into the session before the keys for it get there.
 *
 * The keys are kept from the session and left to the browser, whose paste event has the contents: the one way that works in
 * every browser and asks no permission. When the session has them, or something newer, its keys are pressed.
 */
import type { Clipboard } from "./clipboard.ts";
import { isCopyChord, pasteCombination, usualPaste } from "./clipboard-keys.ts";
import { hasFocus } from "./focus.ts";
import type { Combination, KeyGate } from "./key-gate.ts";

/** A browser that sends no paste event after the keys for it, for it has nothing to paste, is not waited for longer. */
const eventTimeoutMs = 250;

/** Keys that are pressed while so many pastes are on their way come to nothing. */
const maxPastes = 4;

interface Expected {
  combination: Combination;
  end: (combination: Combination | undefined) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** See the module's description. */
export class PasteKeys {
  readonly #stage: HTMLElement;
  readonly #clipboard: Clipboard;
  readonly #gate: KeyGate;
  readonly #isEnabled: () => boolean;
  readonly #isMac = /mac|iphone|ipad/i.test(navigator.userAgent);
  readonly #ending = new AbortController();
  #expected: Expected | undefined;
  /** On their way into the session. */
  #pastes = 0;

  /** @param options.isEnabled whether keys go to the session now. */
  constructor(options: {
    stage: HTMLElement;
    clipboard: Clipboard;
    gate: KeyGate;
    isEnabled: () => boolean;
  }) {
    this.#stage = options.stage;
    this.#clipboard = options.clipboard;
    this.#gate = options.gate;
    this.#isEnabled = options.isEnabled;
    this.#listen();
  }

  /** Ends what is under way; idempotent. */
  close(): void {
    this.#ending.abort();
    this.#endExpected(undefined);
  }

  #listen(): void {
    const { signal } = this.#ending;
    // Before the keyboard, which keeps the browser from doing anything with a key.
    const early = { signal, capture: true };
    document.addEventListener(
      "keydown",
      (event) => {
        this.#onKey(event);
      },
      early,
    );
    document.addEventListener(
      "pointerdown",
      () => {
        this.#clipboard.gesture();
      },
      early,
    );
    // Safari sends a paste event to what cannot be edited only where this was cancelled.
    document.addEventListener(
      "beforepaste",
      (event) => {
        if (this.#isOnStage) event.preventDefault();
      },
      early,
    );
    document.addEventListener(
      "paste",
      (event) => {
        this.#onPaste(event);
      },
      early,
    );
    window.addEventListener(
      "focus",
      () => {
        void this.#clipboard.browserMayHaveChanged();
      },
      { signal },
    );
    window.addEventListener(
      "blur",
      () => {
        this.#clipboard.left();
      },
      { signal },
    );
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "hidden") this.#clipboard.left();
      },
      { signal },
    );
  }

  get #isOnStage(): boolean {
    return hasFocus(this.#stage) && this.#isEnabled();
  }

  #onKey(event: KeyboardEvent): void {
    const combination = pasteCombination(event, this.#isMac);
    // A paste reads what the browser has, which must not be replaced before.
    if (combination === undefined) this.#clipboard.gesture();
    if (!this.#isOnStage) return;
    if (isCopyChord(event)) this.#clipboard.copyKeys();
    if (combination === undefined || !this.#clipboard.mayPut) return;
    // Not prevented: the browser is to paste.
    event.stopImmediatePropagation();
    if (this.#pastes >= maxPastes || (event.repeat && this.#pastes > 0)) {
      event.preventDefault();
      return;
    }
    // A second one before the event of the first: the first had none.
    this.#endExpected(this.#expected?.combination);
    const timer = setTimeout(() => {
      this.#endExpected(combination);
    }, eventTimeoutMs);
    this.#expected = { combination, end: this.#gate.hold(), timer };
  }

  #onPaste(event: ClipboardEvent): void {
    if (!this.#isOnStage || !this.#clipboard.mayPut) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { clipboardData } = event;
    if (clipboardData === null) return; // The timer goes on.
    const { combination, end } = this.#takeExpected();
    this.#pastes += 1;
    void this.#clipboard.paste(clipboardData).then((outcome) => {
      this.#pastes -= 1;
      end(outcome === "ready" ? combination : undefined);
    });
  }

  #takeExpected(): Pick<Expected, "combination" | "end"> {
    const expected = this.#expected;
    if (expected === undefined)
      return { combination: usualPaste, end: this.#gate.hold() };
    clearTimeout(expected.timer);
    this.#expected = undefined;
    return expected;
  }

  #endExpected(combination: Combination | undefined): void {
    const expected = this.#expected;
    if (expected === undefined) return;
    this.#expected = undefined;
    clearTimeout(expected.timer);
    expected.end(combination);
  }
}
