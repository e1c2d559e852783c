/**
 * The notice that the session is about to end, with the seconds that are left.
 */
import { element } from "./dom.ts";
import { endingCountdown, endingWords, strings } from "./strings.ts";

const countdownIntervalMs = 250;

/** See the module's description. */
export class EndingNotice {
  readonly element = element("section", { className: "notice health-notice" });
  readonly #words = element("p");
  /** Not for screen readers, which would read every second. */
  readonly #countdown = element("p", { attributes: { "aria-hidden": "true" } });
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    this.element.hidden = true;
    this.element.append(
      element(
        "div",
        { attributes: { role: "status" } },
        element("strong", { text: strings.endingTitle }),
        this.#words,
      ),
      this.#countdown,
    );
  }

  /** @param inMs what is left; `undefined` hides the notice. */
  show(inMs: number | undefined): void {
    clearInterval(this.#timer);
    this.element.hidden = inMs === undefined;
    if (inMs === undefined) return;
    this.#words.textContent = endingWords(inMs);
    const dueMs = performance.now() + inMs;
    const tick = (): void => {
      this.#countdown.textContent = endingCountdown(dueMs - performance.now());
    };
    tick();
    this.#timer = setInterval(tick, countdownIntervalMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
