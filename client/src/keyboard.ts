/**
 * The keyboard while the stage has the focus. What keys mean is noVNC's business, what input methods write the text
 * field's.
 */
import type { KeyLocks } from "../../signaling/protocol.ts";
import NoVncKeyboard from "novnc-keyboard";
import { hasFocus } from "./focus.ts";
import { isForInputMethod, isLeaveChord, readLocks } from "./key-events.ts";
import type { KeyGate } from "./key-gate.ts";
import type { InputSender } from "./input-sender.ts";
import { isIOS, isMac } from "./novnc-platform.ts";
import { OnScreenKeyboardButton } from "./on-screen-keyboard.ts";
import { TextField } from "./text-field.ts";

/** Bound of the protocol for `KeyboardEvent.code`. */
const maxCodeLength = 32;
/** Code of keys that are struck without a key of this keyboard. */
const struckCode = "Virtual";

export interface KeyboardOptions {
  stage: HTMLElement;
  input: InputSender;
  /** All keys and texts go through it, so that they stay behind a paste. */
  gate: KeyGate;
  /** The stage lost the focus or is out of sight: nothing can be held any more. */
  onRelease: () => void;
  /** The keys that lead out of the session were pressed, see {@link isLeaveChord}. */
  onLeave: () => void;
}

/**
 * Sends keys while `stage` has the focus and {@link Keyboard.enabled}. The page's own controls keep
 * their keys, as they are outside the stage.
 */
export class Keyboard {
  readonly textField: TextField;
  readonly #stage: HTMLElement;
  readonly #input: InputSender;
  readonly #keyboard: NoVncKeyboard;
  readonly #options: KeyboardOptions;
  readonly #gate: KeyGate;
  readonly #button: OnScreenKeyboardButton;
  readonly #ending = new AbortController();
  #enabled = false;
  #mayType = false;
  #grabbed = false;
  #locks: KeyLocks | undefined;

  constructor(options: KeyboardOptions) {
    this.#options = options;
    this.#stage = options.stage;
    this.#input = options.input;
    this.#gate = options.gate;
    this.textField = new TextField({
      onText: (text) => {
        this.#gate.pass(() => {
          this.#input.text(text);
        });
      },
      onKey: (keysym) => {
        this.#strike(keysym);
      },
    });
    this.#button = new OnScreenKeyboardButton(this.textField);
    options.stage.append(this.textField.element, this.#button.element);
    this.#keyboard = new NoVncKeyboard(options.stage);
    this.#keyboard.onkeyevent = (keysym, code, down) => {
      // A dead key has no keysym; what it makes comes with the next key or from the text field.
      if (keysym === null || keysym === 0) return;
      const locks = this.#locks;
      this.#gate.key(keysym, code.slice(0, maxCodeLength), down, locks);
    };
    this.#listen();
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  set enabled(enabled: boolean) {
    if (this.#enabled === enabled) return;
    this.#enabled = enabled;
    this.#showButton();
    if (!enabled) this.#release();
    else if (hasFocus(this.#stage)) this.#grab();
  }

  /** Whether this page may act: who only looks has no use for the device's keyboard. */
  set mayType(mayType: boolean) {
    this.#mayType = mayType;
    this.#showButton();
  }

  /** Lets go of every key, e.g. when it is not known what the session has got. */
  releaseAll(): void {
    const grabbed = this.#grabbed;
    this.#release();
    if (grabbed) this.#grab();
  }

  /** The stage is out of the page, of which not every browser sends an event: nothing is held any more. */
  leave(): void {
    this.#release();
  }

  /** Presses keys in this order and lets go of them in reverse. Without effect while not enabled. */
  strikeTogether(keysyms: readonly number[]): void {
    if (!this.#enabled) return;
    // Codes of their own: the user may hold the same keys.
    const keys = keysyms.map((keysym, index) => ({
      keysym,
      code: `${struckCode}${index}`,
    }));
    this.#gate.pass(() => {
      for (const { keysym, code } of keys) this.#input.key(keysym, code, true);
      for (const { keysym, code } of keys.toReversed())
        this.#input.key(keysym, code, false);
    });
  }

  close(): void {
    this.#release();
    this.#ending.abort();
    this.#button.close();
    this.textField.close();
  }

  #listen(): void {
    const { signal } = this.#ending;
    const stage = this.#stage;
    stage.addEventListener(
      "keydown",
      (event) => {
        this.#beforeKey(event);
      },
      { signal, capture: true },
    );
    stage.addEventListener(
      "focusin",
      ({ target }) => {
        if (target === stage) this.textField.focus();
        if (this.#enabled) this.#grab();
      },
      { signal },
    );
    stage.addEventListener(
      "focusout",
      ({ relatedTarget }) => {
        if (!stage.contains(relatedTarget as Node | null)) this.#release();
      },
      { signal },
    );
    stage.addEventListener(
      "pointerdown",
      ({ clientX, clientY }) => {
        this.textField.moveTo(clientX, clientY);
      },
      { signal },
    );
    const letGo = (): void => {
      this.releaseAll();
    };
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "hidden") letGo();
      },
      { signal },
    );
    window.addEventListener("pagehide", letGo, { signal });
  }

  /** Sees each key before noVNC does, which keeps all that it gets from the browser. */
  #beforeKey(event: KeyboardEvent): void {
    if (isLeaveChord(event)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#options.onLeave();
      return;
    }
    if (isForInputMethod(event)) {
      event.stopImmediatePropagation();
      return;
    }
    this.#locks = readLocks(event, !isMac() && !isIOS());
  }

  #strike(keysym: number): void {
    this.#gate.pass(() => {
      this.#input.key(keysym, struckCode, true);
      this.#input.key(keysym, struckCode, false);
    });
  }

  #showButton(): void {
    this.#button.element.hidden = !this.#enabled || !this.#mayType;
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
    this.#options.onRelease();
  }
}
