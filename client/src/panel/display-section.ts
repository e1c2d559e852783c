/**
 * Display: full screen, and how the remote screen and the window fit each other.
 */
import { element } from "../dom.ts";
import type { Size } from "../geometry.ts";
import { panelStrings } from "../panel-strings.ts";
import { strings } from "../strings.ts";
import type { Observable } from "./observable.ts";
import { renderOn } from "./observable.ts";
import type { PanelSection } from "./panel.ts";
import { action, choices, hint, statusLine } from "./parts.ts";

const words = panelStrings.display;

/** How the remote screen and the window fit each other. */
export const displayModes = ["follow", "scale", "actual"] as const;
export type DisplayMode = (typeof displayModes)[number];

export interface DisplayState {
  readonly mode: DisplayMode;
  /** The modes that can be had; one that is missing is not shown. */
  readonly modes: readonly DisplayMode[];
  /** Those of them that this page cannot have now. */
  readonly disabled?: readonly DisplayMode[];
  /** Size of the remote screen, once it is known. */
  readonly screen: Size | undefined;
  /** Something to tell, e.g. that the size was bounded. */
  readonly notice?: string;
}

/** What this section wants of the feature that resizes. */
export interface DisplayControls extends Observable<DisplayState> {
  setMode(mode: DisplayMode): void;
}

/** Full screen, as far as this section needs it. */
export interface FullScreenControls {
  readonly available: boolean;
  toggle(): void;
}

/** See the module's description. */
export class DisplaySection implements PanelSection {
  readonly id = "display";
  readonly title = words.title;
  readonly icon = "desktop";
  readonly element: HTMLElement;
  readonly #fullScreen: HTMLButtonElement;
  readonly #stop: () => void;

  /** @param options.display where it is given, the modes are shown. */
  constructor(options: {
    fullScreen: FullScreenControls;
    display?: DisplayControls;
  }) {
    const { fullScreen, display } = options;
    this.#fullScreen = action(
      words.fullScreen,
      () => {
        fullScreen.toggle();
      },
      { primary: true },
    );
    this.element = element(
      "div",
      {},
      fullScreen.available ? this.#fullScreen : hint(words.noFullScreen),
      ...(fullScreen.available ? [hint(words.fullScreenHint)] : []),
    );
    this.#stop =
      display === undefined ? () => undefined : this.#addModes(display);
  }

  setFullScreen(active: boolean): void {
    this.#fullScreen.textContent = active
      ? strings.leaveFullScreen
      : words.fullScreen;
  }

  close(): void {
    this.#stop();
  }

  #addModes(display: DisplayControls): () => void {
    const modes = choices({
      legend: words.mode,
      choices: displayModes
        .filter((mode) => display.state.modes.includes(mode))
        .map((value) => ({ value, ...words.modes[value] })),
      onChange: (mode) => {
        display.setMode(mode);
      },
    });
    const size = hint("");
    const notice = statusLine();
    this.element.append(modes.element, size, notice);
    return renderOn(display, (state) => {
      modes.set(state.mode, state.disabled);
      size.textContent =
        state.screen === undefined
          ? ""
          : words.sizeOf(state.screen.width, state.screen.height);
      notice.textContent = state.notice ?? "";
    });
  }
}
