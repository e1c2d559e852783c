/**
 * The controls at the top of the picture. They hide themselves, and come back at the top edge, at the
 * handle that touch screens have, or with the keys that lead out of the session.
 */
import { element, icon, type IconName } from "./dom.ts";
import { isMicrophoneOpen, type MicrophoneState } from "./microphone-state.ts";
import type { SoundState } from "./sound.ts";
import { strings } from "./strings.ts";

/** Distance from the top edge that counts as reaching for the controls, in CSS pixels. */
const edgePx = 2;
const lingerMs = 2_000;

export interface ToolbarActions {
  onFullScreen: () => void;
  onSound: () => void;
  onMicrophone: () => void;
  onMenu: () => void;
  /** The controls were used or left: the keyboard belongs to the desktop again. */
  onDone: () => void;
}

/** See the module's description. */
export class Toolbar {
  readonly element: HTMLElement;
  /** What touch screens open the controls with. */
  readonly handle: HTMLButtonElement;
  readonly #state = element("span", { className: "toolbar-state" });
  readonly #sound = labelledButton("sound", strings.mute);
  readonly #microphone = labelledButton("microphoneOff", strings.microphoneOn);
  readonly #menu = labelledButton("menu", strings.menu);
  readonly #fullScreen = labelledButton("fullScreen", strings.fullScreen);
  readonly #ending = new AbortController();
  readonly #isDragging: () => boolean;
  #available = false;
  #mayControl = false;
  #microphoneState: MicrophoneState = "unavailable";
  #hideTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: {
    actions: ToolbarActions;
    fullScreenAvailable: boolean;
    /** While the user drags something on the desktop, the top edge is the desktop's. */
    isDragging: () => boolean;
  }) {
    const { actions } = options;
    this.#isDragging = options.isDragging;
    this.handle = element(
      "button",
      {
        className: "toolbar-handle",
        attributes: { type: "button", "aria-label": strings.showToolbar },
      },
      icon("more"),
    );
    this.element = element(
      "div",
      {
        className: "toolbar",
        attributes: { role: "toolbar", "aria-label": strings.toolbar },
      },
      this.#state,
      this.#sound.button,
      this.#microphone.button,
      this.#fullScreen.button,
      this.#menu.button,
    );
    this.#sound.button.hidden = true;
    this.#microphone.button.hidden = true;
    this.#menu.button.setAttribute("aria-controls", "panel");
    this.setMenu(false);
    this.#fullScreen.button.hidden = !options.fullScreenAvailable;
    this.#setShown(false);
    this.#onUse(this.#sound.button, actions.onSound, actions);
    this.#onUse(this.#microphone.button, actions.onMicrophone, actions);
    this.#onUse(this.#fullScreen.button, actions.onFullScreen, actions);
    // The panel takes the keyboard, or gives it back.
    this.#menu.button.addEventListener(
      "click",
      () => {
        actions.onMenu();
      },
      { signal: this.#ending.signal },
    );
    this.#listen(actions);
  }

  /** Whether there is a picture that the controls belong to. */
  setAvailable(available: boolean): void {
    if (this.#available === available) return;
    this.#available = available;
    if (available) {
      this.show();
      return;
    }
    this.#setShown(false);
  }

  setState(words: string, healthy: boolean): void {
    this.#state.textContent = words;
    this.#state.classList.toggle("troubled", !healthy);
  }

  setSound(state: SoundState): void {
    const audible = state === "on";
    this.#sound.button.hidden = state === "none";
    this.#sound.set(
      audible ? "sound" : "muted",
      audible ? strings.mute : strings.unmute,
    );
  }

  setMicrophone(state: MicrophoneState): void {
    this.#microphoneState = state;
    const on = isMicrophoneOpen(state);
    this.#showMicrophone();
    this.#microphone.button.classList.toggle("active", on);
    this.#microphone.set(
      on ? "microphone" : "microphoneOff",
      on ? strings.microphoneOff : strings.microphoneOn,
    );
  }

  /** Whether this page may act: only who does speaks. */
  setControl(mayControl: boolean): void {
    this.#mayControl = mayControl;
    this.#showMicrophone();
  }

  setMenu(open: boolean): void {
    this.#menu.button.setAttribute("aria-expanded", String(open));
  }

  /** Whether something in the panel wants attention. */
  setMenuBadge(shown: boolean): void {
    this.#menu.button.classList.toggle("badged", shown);
  }

  setFullScreen(active: boolean): void {
    this.#fullScreen.set(
      active ? "leaveFullScreen" : "fullScreen",
      active ? strings.leaveFullScreen : strings.fullScreen,
    );
  }

  /** Shows the controls; they hide again by themselves unless they are being used. */
  show(): void {
    if (!this.#available) return;
    this.#setShown(true);
    this.#hideLater();
  }

  /** Shows the controls and gives them the keyboard. */
  focus(): void {
    this.show();
    this.element.querySelector<HTMLElement>("button:not([hidden])")?.focus();
  }

  close(): void {
    clearTimeout(this.#hideTimer);
    this.#ending.abort();
  }

  #showMicrophone(): void {
    this.#microphone.button.hidden =
      this.#microphoneState === "unavailable" || !this.#mayControl;
  }

  #onUse(
    button: HTMLButtonElement,
    action: () => void,
    actions: ToolbarActions,
  ): void {
    button.addEventListener(
      "click",
      (event) => {
        action();
        // A click with the mouse goes back to work; with the keyboard (detail 0) the user may want more.
        if (event.detail !== 0) actions.onDone();
      },
      { signal: this.#ending.signal },
    );
  }

  #listen(actions: ToolbarActions): void {
    const { signal } = this.#ending;
    document.addEventListener(
      "pointermove",
      (event) => {
        if (event.clientY <= edgePx && !this.#isDragging()) this.show();
      },
      { signal },
    );
    this.handle.addEventListener(
      "click",
      () => {
        this.show();
      },
      { signal },
    );
    // Whoever works on the desktop is done with the controls.
    for (const type of ["pointerdown", "keydown"] as const) {
      document.addEventListener(
        type,
        ({ target }) => {
          const own = [this.element, this.handle];
          if (own.some((each) => each.contains(target as Node))) return;
          this.#setShown(false);
        },
        { signal, capture: true },
      );
    }
    this.element.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape") return;
        actions.onDone();
        this.#setShown(false);
      },
      { signal },
    );
  }

  #hideLater(): void {
    clearTimeout(this.#hideTimer);
    this.#hideTimer = setTimeout(() => {
      const inUse =
        this.element.matches(":hover") ||
        this.element.contains(document.activeElement);
      if (inUse) this.#hideLater();
      else this.#setShown(false);
    }, lingerMs);
  }

  #setShown(shown: boolean): void {
    clearTimeout(this.#hideTimer);
    this.element.classList.toggle("shown", shown);
    this.element.inert = !shown;
    this.handle.hidden = shown || !this.#available;
  }
}

interface LabelledButton {
  button: HTMLButtonElement;
  set(iconName: IconName, label: string): void;
}

function labelledButton(iconName: IconName, label: string): LabelledButton {
  const text = element("span", { className: "label" });
  const button = element("button", {
    className: "tool",
    attributes: { type: "button" },
  });
  const set = (name: IconName, words: string): void => {
    text.textContent = words;
    // On narrow screens the text is not displayed; this still names the button.
    button.setAttribute("aria-label", words);
    button.title = words;
    button.replaceChildren(icon(name), text);
  };
  set(iconName, label);
  return { button, set };
}
