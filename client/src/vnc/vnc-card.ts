/**
 * The card of the VNC page: what happens while there is no picture, and the form for the token.
 */
import { element } from "../dom.ts";
import { strings, vncStrings } from "../strings.ts";
import { TokenForm } from "../token-form.ts";
import type { VncLossReason } from "./vnc-view.ts";

/** What the card says. `picture`: there is no card. */
export type VncCardState =
  | { kind: "needs-token"; rejected: boolean }
  | { kind: "connecting" }
  | { kind: "picture" }
  | { kind: "lost"; reason: VncLossReason | "off"; retry: boolean };

/** The words for a state. Pure. */
export function vncWords(state: Exclude<VncCardState, { kind: "picture" }>): {
  headline: string;
  detail: string;
} {
  switch (state.kind) {
    case "needs-token":
      return state.rejected
        ? {
            headline: "This token was not accepted",
            detail:
              "It may belong to an earlier session. Enter the current one.",
          }
        : {
            headline: "Open the desktop",
            detail: "This session is protected by an access token.",
          };
    case "connecting":
      return { headline: vncStrings.connecting, detail: vncStrings.starting };
    case "lost":
      return lossWords(state.reason);
  }
}

function lossWords(reason: VncLossReason | "off"): {
  headline: string;
  detail: string;
} {
  switch (reason) {
    case "unavailable":
      return {
        headline: vncStrings.unavailable,
        detail: vncStrings.unavailableDetail,
      };
    case "full":
      return { headline: vncStrings.full, detail: vncStrings.fullDetail };
    case "off":
      return { headline: vncStrings.off, detail: vncStrings.offDetail };
    case "goingAway":
      return { headline: vncStrings.ended, detail: vncStrings.endedDetail };
    case "badMessage":
      return { headline: vncStrings.refused, detail: vncStrings.refusedDetail };
    default:
      return { headline: vncStrings.lost, detail: vncStrings.lostDetail };
  }
}

/** See the module's description. */
export class VncCard {
  readonly element: HTMLElement;
  readonly #headline = element("h1", { className: "headline" });
  readonly #detail = element("p", { className: "detail" });
  readonly #spinner = element("div", {
    className: "spinner",
    attributes: { "aria-hidden": "true" },
  });
  readonly #form: TokenForm;
  readonly #retry = element("button", {
    className: "primary",
    text: strings.tryAgain,
    attributes: { type: "button" },
  });

  readonly #wayOut: HTMLElement;

  constructor(options: {
    onToken: (token: string) => void;
    onTryAgain: () => void;
    /** Address of the page that needs no VNC. */
    mainPage: string;
  }) {
    this.#wayOut = element("a", {
      text: vncStrings.toMainPage,
      attributes: { href: options.mainPage },
    });
    this.#form = new TokenForm({ onToken: options.onToken });
    this.#retry.addEventListener("click", options.onTryAgain);
    this.element = element(
      "div",
      { className: "backdrop" },
      element(
        "section",
        { className: "card" },
        this.#spinner,
        element(
          "div",
          { attributes: { role: "status", "aria-live": "polite" } },
          this.#headline,
          this.#detail,
        ),
        this.#form.element,
        this.#wayOut,
        this.#retry,
      ),
    );
  }

  show(state: VncCardState): void {
    this.element.hidden = state.kind === "picture";
    if (state.kind === "picture") return;
    const { headline, detail } = vncWords(state);
    this.#headline.textContent = headline;
    this.#detail.textContent = detail;
    this.#spinner.hidden = state.kind !== "connecting";
    this.#retry.hidden = state.kind !== "lost";
    this.#wayOut.hidden = !(state.kind === "lost" && state.reason === "off");
    this.#form.element.hidden = state.kind !== "needs-token";
    if (state.kind === "needs-token") this.#form.begin(state);
  }
}
