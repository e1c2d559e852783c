/**
 * Asks for the token.
 */
import { element } from "./dom.ts";
import { strings } from "./strings.ts";

/** Bound of the protocol. */
const maxTokenLength = 1_024;

/** See the module's description. */
export class TokenForm {
  readonly element: HTMLFormElement;
  readonly #field: HTMLInputElement;
  readonly #problem = element("p", {
    className: "problem",
    attributes: { id: "token-problem", role: "alert" },
  });

  constructor(options: { onToken: (token: string) => void }) {
    this.#field = element("input", {
      attributes: {
        id: "token",
        name: "token",
        type: "password",
        autocomplete: "off",
        autocapitalize: "none",
        spellcheck: "false",
        maxlength: String(maxTokenLength),
        "aria-describedby": "token-hint token-problem",
      },
    });
    this.element = element(
      "form",
      { className: "token-form", attributes: { novalidate: "" } },
      element("label", { text: strings.token, attributes: { for: "token" } }),
      this.#field,
      element("p", {
        className: "hint",
        text: strings.tokenHint,
        attributes: { id: "token-hint" },
      }),
      this.#problem,
      element("button", {
        className: "primary",
        text: strings.connect,
        attributes: { type: "submit" },
      }),
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      const token = this.#field.value.trim();
      this.#problem.textContent = token === "" ? strings.tokenMissing : "";
      this.#field.setAttribute("aria-invalid", String(token === ""));
      if (token === "") this.#field.focus();
      else options.onToken(token);
    });
  }

  /** Empties the form and puts the cursor into it. */
  begin(options: { rejected: boolean }): void {
    this.#field.value = "";
    this.#problem.textContent = "";
    this.#field.setAttribute("aria-invalid", String(options.rejected));
    this.#field.focus();
  }
}
