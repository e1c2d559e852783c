/**
 * Sharing: who is here, who has control, and the link for those who look.
 */
import { element } from "../dom.ts";
import { panelStrings } from "../panel-strings.ts";
import { sharingLimits } from "../../../signaling/protocol.ts";
import { renderOn } from "./observable.ts";
import type { PanelSection } from "./panel.ts";
import { action, hint, labelled, statusLine } from "./parts.ts";
import {
  sharingSummary,
  type Person,
  type SharingControls,
  type SharingState,
} from "./sharing-state.ts";

const words = panelStrings.sharing;

/** See the module's description. */
export class SharingSection implements PanelSection {
  readonly id = "sharing";
  readonly title = words.title;
  readonly icon = "sharing";
  readonly element: HTMLElement;
  readonly #controls: SharingControls;
  readonly #summary = statusLine();
  readonly #actions = element("div", { className: "panel-actions" });
  readonly #people = element("ul", {
    className: "rows",
    attributes: { "aria-label": words.people },
  });
  readonly #name = element("input", {
    attributes: {
      type: "text",
      maxlength: String(sharingLimits.nameLength),
      autocomplete: "nickname",
      spellcheck: "false",
    },
  });
  readonly #link = element("input", {
    attributes: { type: "text", readonly: "", spellcheck: "false" },
  });
  readonly #linkGroup: HTMLElement;
  readonly #copied = statusLine();
  readonly #stop: () => void;

  constructor(controls: SharingControls) {
    this.#controls = controls;
    this.#linkGroup = element(
      "div",
      { className: "panel-group" },
      labelled(words.link, this.#link, words.linkHint),
      action(words.copyLink, () => {
        this.#copyLink();
      }),
      this.#copied,
    );
    this.element = element(
      "div",
      {},
      this.#summary,
      this.#actions,
      element(
        "section",
        { className: "panel-group" },
        element("h3", { text: words.people }),
        this.#people,
        labelled(words.name, this.#name, words.nameHint),
      ),
      this.#linkGroup,
    );
    this.#name.addEventListener("change", () => {
      controls.rename(this.#name.value);
    });
    this.#stop = renderOn(controls, (state) => {
      this.#render(state);
    });
  }

  close(): void {
    this.#stop();
  }

  #render(state: SharingState): void {
    const focused = focusMark(this.element);
    const summary = sharingSummary(state);
    if (this.#summary.textContent !== summary)
      this.#summary.textContent = summary;
    this.#actions.replaceChildren(...this.#ownActions(state));
    this.#people.replaceChildren(
      ...state.people.map((person) => this.#row(person, state)),
    );
    if (document.activeElement !== this.#name) this.#name.value = state.name;
    this.#linkGroup.hidden = state.link === undefined;
    this.#link.value = state.link ?? "";
    restoreFocus(this.element, focused);
  }

  #ownActions(state: SharingState): Node[] {
    const self = state.people.find(({ isSelf }) => isSelf);
    const nodes: Node[] = [];
    if (self?.asks === true) nodes.push(hint(words.asked));
    if (state.mayAsk)
      nodes.push(
        action(
          state.isFree ? words.take : words.request,
          () => {
            this.#controls.request();
          },
          { primary: true },
        ),
      );
    if (state.takes !== undefined)
      nodes.push(
        action(state.takes === "shared" ? words.takeBack : words.take, () => {
          this.#controls.take();
        }),
      );
    if (state.mayRelease)
      nodes.push(
        action(words.release, () => {
          this.#controls.release();
        }),
      );
    return nodes;
  }

  #row(person: Person, state: SharingState): HTMLLIElement {
    const { name, isSelf, hasControl, asks } = person;
    const part = asks
      ? words.asks(name)
      : hasControl
        ? words.controls
        : words.looks;
    return element(
      "li",
      { className: "row" },
      element(
        "div",
        { className: "row-words" },
        element("span", {
          className: "row-name",
          text: isSelf ? `${name} (${words.you})` : name,
        }),
        element("span", { className: "panel-hint", text: part }),
      ),
      ...(isSelf ? [] : this.#rowActions(person, state)),
    );
  }

  #rowActions(person: Person, state: SharingState): Node[] {
    const { id, name, mayGive, mayRefuse } = person;
    const buttons: Node[] = [];
    if (mayGive)
      buttons.push(
        action(
          words.give,
          () => {
            this.#controls.give(id);
          },
          { label: words.giveTo(name) },
        ),
      );
    if (mayRefuse)
      buttons.push(
        action(
          words.refuse,
          () => {
            this.#controls.refuse(id);
          },
          { label: words.refuseNamed(name) },
        ),
      );
    if (state.mayRemove)
      buttons.push(
        action(
          words.remove,
          () => {
            this.#controls.remove(id);
          },
          { label: words.removeNamed(name) },
        ),
      );
    return buttons.length === 0
      ? []
      : [element("div", { className: "row-actions" }, ...buttons)];
  }

  #copyLink(): void {
    this.#link.select();
    // Only secure contexts have a clipboard.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    const copied =
      clipboard?.writeText(this.#link.value) ??
      Promise.reject(new Error("no clipboard"));
    copied.then(
      () => {
        this.#copied.textContent = words.copied;
      },
      () => {
        this.#copied.textContent = words.copyFailed;
      },
    );
  }
}

/** Rows are made anew when somebody comes or goes; the button of the same name gets the focus back. */
function focusMark(root: HTMLElement): string | undefined {
  const { activeElement } = document;
  if (!(activeElement instanceof HTMLButtonElement)) return undefined;
  return root.contains(activeElement) ? nameOf(activeElement) : undefined;
}

function restoreFocus(root: HTMLElement, name: string | undefined): void {
  if (name === undefined || root.contains(document.activeElement)) return;
  const buttons = [...root.querySelectorAll("button")];
  const same = buttons.find((button) => nameOf(button) === name) ?? buttons[0];
  same?.focus();
}

function nameOf(button: HTMLButtonElement): string {
  return button.getAttribute("aria-label") ?? button.textContent;
}
