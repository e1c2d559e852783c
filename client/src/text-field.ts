/**
 * The hidden text field that has the focus while the user types into the session: what input methods, dead keys, emoji
 * pickers and on-screen keyboards write is read from it.
 */
import { element } from "./dom.ts";
import { strings } from "./strings.ts";
import { editOf } from "./text-edits.ts";

/** On-screen keyboards have a delete key only where there is something to delete. */
const filler = "\u00a0";

export interface TextFieldListener {
  /** Text was entered. */
  onText(text: string): void;
  /** A key was struck of which there was no key event. */
  onKey(keysym: number): void;
}

/** See the module's description. */
export class TextField {
  readonly element: HTMLTextAreaElement;
  readonly #listener: TextFieldListener;
  readonly #ending = new AbortController();
  #isComposing = false;
  #onScreen = false;

  constructor(listener: TextFieldListener) {
    this.#listener = listener;
    this.element = element("textarea", {
      className: "text-field",
      attributes: {
        "aria-label": strings.stage,
        autocapitalize: "off",
        autocomplete: "off",
        autocorrect: "off",
        spellcheck: "false",
        rows: "1",
        tabindex: "-1",
        // A touch on the desktop is no wish for the keyboard.
        inputmode: "none",
      },
    });
    this.#listen();
  }

  /** Whether an input method is at work. */
  get isComposing(): boolean {
    return this.#isComposing;
  }

  /** Whether the device's keyboard was asked for. */
  get onScreen(): boolean {
    return this.#onScreen;
  }

  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  /** Shows or hides the keyboard of a phone. Call it for a gesture. */
  setOnScreen(wanted: boolean): void {
    this.#onScreen = wanted;
    this.element.inputMode = wanted ? "text" : "none";
    this.#reset();
    // Keyboards look at the field when it gets the focus.
    this.element.blur();
    this.focus();
  }

  /** Puts it where the user looks, so that the candidates of an input method appear there. In CSS pixels of the window. */
  moveTo(x: number, y: number): void {
    if (this.#isComposing) return;
    this.element.style.left = `${Math.round(x)}px`;
    this.element.style.top = `${Math.round(y)}px`;
  }

  close(): void {
    this.#ending.abort();
    this.element.remove();
  }

  #listen(): void {
    const { signal } = this.#ending;
    const field = this.element;
    field.addEventListener(
      "compositionstart",
      () => {
        this.#isComposing = true;
        field.classList.add("composing");
      },
      { signal },
    );
    field.addEventListener(
      "compositionend",
      ({ data }) => {
        this.#isComposing = false;
        field.classList.remove("composing");
        if (data !== "") this.#listener.onText(data);
        // The browser writes into the field after this event.
        setTimeout(() => {
          this.#reset();
        });
      },
      { signal },
    );
    field.addEventListener(
      "input",
      (event) => {
        this.#onInput(event);
      },
      { signal },
    );
  }

  #onInput(event: InputEvent): void {
    if (event.isComposing || this.#isComposing) return;
    const edit = editOf(event);
    if (edit !== undefined)
      if ("text" in edit) this.#listener.onText(edit.text);
      else this.#listener.onKey(edit.keysym);
    this.#reset();
  }

  #reset(): void {
    if (this.#isComposing) return;
    this.element.value = this.#onScreen ? filler : "";
    this.element.setSelectionRange(
      this.element.value.length,
      this.element.value.length,
    );
  }
}
