/**
 * The card in the middle of the page while there is no picture, or while it stands still.
 */
import { hasPicture, isLive, type ConnectionState } from "./connection.ts";
import { element, icon } from "./dom.ts";
import { retryWords, statusWords } from "./status-strings.ts";
import { healthWords, strings } from "./strings.ts";
import { TokenForm } from "./token-form.ts";
import type { HealthSnapshot } from "../../signaling/protocol.ts";

const countdownIntervalMs = 250;

/** See the module's description. */
export class StatusCard {
  readonly element: HTMLElement;
  readonly #headline = element("h1", { className: "headline" });
  readonly #detail = element("p", { className: "detail" });
  readonly #countdown = element("p", { className: "countdown" });
  readonly #health = element("ul", { className: "health-list" });
  readonly #spinner = element("div", {
    className: "spinner",
    attributes: { "aria-hidden": "true" },
  });
  readonly #mark = element("div", { className: "mark" }, icon("desktop"));
  readonly #form: TokenForm;
  readonly #retry: HTMLButtonElement;
  #countdownTimer: ReturnType<typeof setInterval> | undefined;
  #state: ConnectionState | undefined;
  #healthWords: readonly string[] = [];

  constructor(options: {
    onToken: (token: string) => void;
    onTryAgain: () => void;
  }) {
    this.#form = new TokenForm({ onToken: options.onToken });
    this.#retry = element("button", {
      className: "primary",
      attributes: { type: "button" },
    });
    this.#retry.addEventListener("click", options.onTryAgain);
    this.element = element(
      "section",
      { className: "card" },
      this.#mark,
      this.#spinner,
      element(
        "div",
        { attributes: { role: "status", "aria-live": "polite" } },
        this.#headline,
        this.#detail,
      ),
      // Outside the live region: a screen reader would read every second.
      this.#countdown,
      this.#health,
      this.#form.element,
      this.#retry,
    );
  }

  /** Shows the words and controls of a state. */
  show(
    state: ConnectionState,
    options: {
      hasVideo: boolean;
      hadPicture: boolean;
      offline: boolean;
      ended: boolean;
    },
  ): void {
    const isNew = state.kind !== this.#state?.kind;
    this.#state = state;
    const words = statusWords(state, options);
    setText(this.#headline, words.headline);
    setText(this.#detail, words.detail ?? "");
    this.#detail.hidden = words.detail === undefined;
    // A picture that stands still is worth looking at: the card then leaves most of it free.
    this.element.classList.toggle("compact", options.hadPicture);
    this.#mark.hidden = isLive(state);
    this.#spinner.hidden = !isLive(state);
    this.#showRetry(state);
    this.#showHealth();
    this.#form.element.hidden = state.kind !== "needs-token";
    if (state.kind === "needs-token" && isNew) this.#form.begin(state);
  }

  setHealth(health: HealthSnapshot | undefined): void {
    this.#healthWords = healthWords(health);
    this.#showHealth();
  }

  close(): void {
    clearInterval(this.#countdownTimer);
  }

  #showHealth(): void {
    const words =
      this.#state !== undefined &&
      isLive(this.#state) &&
      !hasPicture(this.#state)
        ? this.#healthWords
        : [];
    this.#health.hidden = words.length === 0;
    this.#health.replaceChildren(
      ...words.map((text) => element("li", { text })),
    );
  }

  #showRetry(state: ConnectionState): void {
    clearInterval(this.#countdownTimer);
    const waits = state.kind === "waiting-to-retry";
    this.#retry.hidden = !waits && state.kind !== "stopped";
    this.#retry.textContent = waits ? strings.tryNow : strings.tryAgain;
    this.#countdown.hidden = !waits;
    if (!waits) return;
    const dueMs = performance.now() + state.delayMs;
    const tick = (): void => {
      setText(this.#countdown, retryWords(dueMs - performance.now()));
    };
    tick();
    this.#countdownTimer = setInterval(tick, countdownIntervalMs);
  }
}

/** Leaves equal text alone, which screen readers would read again. */
function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
