/**
 * Keyboard: combinations that the system would take for itself, and the layout in the session.
 */
import { element } from "../dom.ts";
import { panelStrings } from "../strings.ts";
import { layoutChoices, type KeyboardState } from "./keyboard-state.ts";
import { renderOn, type Observable } from "./observable.ts";
import type { PanelSection } from "./panel.ts";
import { action, group, hint, labelled } from "./parts.ts";

const words = panelStrings.keyboard;

/** What this section wants of the keyboard. */
export interface KeyboardControls extends Observable<KeyboardState> {
  press(combination: string): void;
  setLayout(layout: string): void;
}

/** See the module's description. */
export class KeyboardSection implements PanelSection {
  readonly id = "keyboard";
  readonly title = words.title;
  readonly icon = "keyboard";
  readonly element: HTMLElement;
  readonly #keyboard: KeyboardControls;
  readonly #buttons = element("div", { className: "key-buttons" });
  readonly #combinations: HTMLElement;
  readonly #viewersOnly = hint(words.viewersOnly);
  readonly #select = element("select");
  readonly #layout: HTMLElement;
  readonly #stop: () => void;
  #shown: KeyboardState | undefined;

  constructor(keyboard: KeyboardControls) {
    this.#keyboard = keyboard;
    this.#combinations = group(
      words.combinations,
      hint(words.combinationsHint),
      this.#buttons,
    );
    this.#layout = labelled(words.layout, this.#select);
    this.#select.addEventListener("change", () => {
      const { value } = this.#select;
      if (value !== "") keyboard.setLayout(value);
    });
    this.element = element(
      "div",
      {},
      this.#viewersOnly,
      this.#combinations,
      this.#layout,
      hint(words.leave),
    );
    this.#stop = renderOn(keyboard, (state) => {
      this.#render(state);
    });
  }

  close(): void {
    this.#stop();
  }

  #render(state: KeyboardState): void {
    const { combinations, layouts, layout, mayType } = state;
    this.#viewersOnly.hidden = mayType;
    this.#combinations.hidden = !mayType || combinations.length === 0;
    this.#layout.hidden = !mayType || layouts.length === 0;
    // New buttons would take the focus away with the old ones.
    if (combinations !== this.#shown?.combinations) {
      this.#buttons.replaceChildren(
        ...combinations.map(({ id, label }) =>
          action(label, () => {
            this.#keyboard.press(id);
          }),
        ),
      );
    }
    if (layouts !== this.#shown?.layouts || layout !== this.#shown.layout) {
      this.#select.replaceChildren(
        ...layoutChoices(state).map(({ id, label }) =>
          element("option", { text: label, attributes: { value: id } }),
        ),
      );
    }
    // Also after a choice that the session refused.
    this.#select.value = layout ?? "";
    this.#shown = state;
  }
}
