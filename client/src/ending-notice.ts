/**
 * The notice that the session is about to end, with the seconds that are left. That it has ended is the card's to say.
 */
import { element } from "./dom.ts";
import type { Ending } from "./session-ending.ts";
import { endingCountdown, endingWords } from "./status-strings.ts";
import { strings } from "./strings.ts";

const countdownIntervalMs = 250;

/** See the module's description. */
export class EndingNotice {
  readonly element = element("section", { className: "notice health-notice" });
  readonly #headline = element("strong");
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
        this.#headline,
        this.#words,
      ),
      this.#countdown,
    );
  }

  /** @param ending anything but one that is under way hides the notice. */
  show(ending: Ending | undefined): void {
    clearInterval(this.#timer);
    this.element.hidden = ending?.kind !== "ending";
    if (ending?.kind === "ending") this.#countDown(ending.inMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #countDown(inMs: number): void {
    this.#headline.textContent = strings.endingTitle;
    this.#words.textContent = endingWords(inMs);
    const dueMs = performance.now() + inMs;
    const tick = (): void => {
      this.#countdown.textContent = endingCountdown(dueMs - performance.now());
    };
    tick();
    this.#timer = setInterval(tick, countdownIntervalMs);
  }
}
