/**
 * A sentence over the picture, for a while, with what can be done about it.
 */
import type { NoticeAction } from "./control-words.ts";
import { element } from "./dom.ts";

const noticeMs = 6_000;

/** See the module's description. */
export class Notice {
  readonly element = element("div", { className: "notice" });
  readonly #words = element("p", { attributes: { role: "status" } });
  readonly #actions = element("div", { className: "notice-actions" });
  readonly #onDone: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onDone told when the user has chosen what to do. */
  constructor(onDone: () => void) {
    this.#onDone = onDone;
    this.element.hidden = true;
    this.element.append(this.#words, this.#actions);
  }

  show(words: string, actions: readonly NoticeAction[] = []): void {
    this.#words.textContent = words;
    this.#actions.hidden = actions.length === 0;
    this.#actions.replaceChildren(...actions.map((each) => this.#button(each)));
    this.element.hidden = false;
    this.#hideLater();
  }

  /** Takes back what can be done: it makes no sense any more. */
  hideActions(): void {
    if (!this.#actions.hidden) this.hide();
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.element.hidden = true;
  }

  #button({ label, run }: NoticeAction): HTMLButtonElement {
    const button = element("button", {
      className: "secondary",
      text: label,
      attributes: { type: "button" },
    });
    button.addEventListener("click", () => {
      this.hide();
      run();
      this.#onDone();
    });
    return button;
  }

  /** Not from under the user's hand. */
  #hideLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const inUse =
        this.#actions.matches(":hover") ||
        this.#actions.contains(document.activeElement);
      if (inUse) this.#hideLater();
      else this.hide();
    }, noticeMs);
  }
}
