/**
 * The button of touch screens that shows and hides the device's own keyboard.
 */
import { element, icon } from "./dom.ts";
import { strings } from "./strings.ts";
import type { TextField } from "./text-field.ts";

/** See the module's description. The style sheet shows it on touch screens alone. */
export class OnScreenKeyboardButton {
  readonly element: HTMLButtonElement;
  readonly #ending = new AbortController();

  constructor(field: TextField) {
    const { signal } = this.#ending;
    this.element = element(
      "button",
      {
        className: "on-screen-keyboard",
        attributes: {
          type: "button",
          "aria-label": strings.onScreenKeyboard,
          "aria-pressed": "false",
          // The focus stays where the keyboard writes to; it has no use for those who have keys.
          tabindex: "-1",
        },
      },
      icon("keyboard"),
    );
    this.element.hidden = true;
    const show = (): void => {
      this.element.setAttribute("aria-pressed", String(field.onScreen));
    };
    this.element.addEventListener(
      "click",
      () => {
        field.setOnScreen(!field.onScreen);
        show();
      },
      { signal },
    );
    // None of this is for the session, which is under the button.
    for (const type of [
      "pointerdown",
      "pointermove",
      "pointerup",
      "mousedown",
    ] as const)
      this.element.addEventListener(
        type,
        (event) => {
          event.stopPropagation();
          if (type === "mousedown") event.preventDefault();
        },
        { signal },
      );
  }

  close(): void {
    this.#ending.abort();
    this.element.remove();
  }
}
