/**
 * The controls of the VNC page.
 */
import { element } from "../dom.ts";
import { strings, vncStrings } from "../strings.ts";
import { vncModes, type VncMode } from "./vnc-view.ts";

export interface VncToolbarActions {
  onMode(mode: VncMode): void;
  onSecureAttention(): void;
  onFullScreen(): void;
  /** Back to the desktop. */
  onDone(): void;
}

/** See the module's description. */
export class VncToolbar {
  readonly element: HTMLElement;
  readonly #mode = element("select", {
    attributes: { id: "vnc-mode", "aria-label": vncStrings.mode },
  });
  readonly #keys: HTMLButtonElement;
  readonly #fullScreen: HTMLButtonElement;
  readonly #looking = element("span", {
    className: "vnc-looking",
    text: vncStrings.viewOnly,
  });

  constructor(
    actions: VncToolbarActions,
    options: { mode: VncMode; mainPage: string; fullScreenAvailable: boolean },
  ) {
    this.#mode.append(
      ...vncModes.map((mode) =>
        element("option", {
          text: vncStrings.modes[mode],
          attributes: { value: mode },
        }),
      ),
    );
    this.#mode.value = options.mode;
    this.#mode.addEventListener("change", () => {
      const mode = vncModes.find((each) => each === this.#mode.value);
      if (mode !== undefined) actions.onMode(mode);
      actions.onDone();
    });
    this.#keys = button(vncStrings.secureAttention, () => {
      actions.onSecureAttention();
      actions.onDone();
    });
    this.#fullScreen = button(strings.fullScreen, () => {
      actions.onFullScreen();
    });
    this.#fullScreen.hidden = !options.fullScreenAvailable;
    const mainPage = element("a", {
      text: vncStrings.mainPage,
      attributes: { href: options.mainPage },
    });
    this.element = element(
      "div",
      {
        className: "vnc-toolbar",
        attributes: { role: "toolbar", "aria-label": vncStrings.toolbar },
      },
      ...[this.#looking, this.#mode, this.#keys, this.#fullScreen, mainPage],
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") actions.onDone();
    });
    this.setRole(undefined);
  }

  /** Viewers have no keys, and no say about the size. */
  setRole(role: "controller" | "viewer" | undefined): void {
    this.#looking.hidden = role !== "viewer";
    this.#keys.hidden = role !== "controller";
  }

  setFullScreen(active: boolean): void {
    this.#fullScreen.textContent = active
      ? strings.leaveFullScreen
      : strings.fullScreen;
  }

  focus(): void {
    this.#mode.focus();
  }
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", { text, attributes: { type: "button" } });
  made.addEventListener("click", onClick);
  return made;
}
