/**
 * What a menu offers of keyboard and pointer: combinations that the system keeps to itself, modes, and the layout.
 */
import {
  combinationList,
  combinations,
  type CombinationName,
} from "./key-combinations.ts";
import type { Keyboard } from "./keyboard.ts";
import type { KeyboardControls } from "./panel/keyboard-section.ts";
import type { Choice, KeyboardState } from "./panel/keyboard-state.ts";
import type { Pointer } from "./pointer.ts";
import type { SessionLayout } from "./session-layout.ts";
import type { Sharing } from "./sharing.ts";
import { strings } from "./strings.ts";

/** Layouts that many people have, named in their own language; others can be chosen by their name. */
const layouts: readonly Choice[] = [
  { id: "us", label: "English (US)" },
  { id: "us(intl)", label: "English (US, international)" },
  { id: "gb", label: "English (UK)" },
  { id: "de", label: "Deutsch" },
  { id: "ch(de)", label: "Deutsch (Schweiz)" },
  { id: "fr", label: "Français" },
  { id: "ca(fr)", label: "Français (Canada)" },
  { id: "es", label: "Español" },
  { id: "latam", label: "Español (Latinoamérica)" },
  { id: "it", label: "Italiano" },
  { id: "pt", label: "Português" },
  { id: "br", label: "Português (Brasil)" },
  { id: "nl", label: "Nederlands" },
  { id: "se", label: "Svenska" },
  { id: "no", label: "Norsk" },
  { id: "dk", label: "Dansk" },
  { id: "fi", label: "Suomi" },
  { id: "pl", label: "Polski" },
  { id: "cz", label: "Čeština" },
  { id: "hu", label: "Magyar" },
  { id: "tr", label: "Türkçe" },
  { id: "gr", label: "Ελληνικά" },
  { id: "ru", label: "Русский" },
  { id: "ua", label: "Українська" },
  { id: "il", label: "עברית" },
  { id: "ara", label: "العربية" },
  { id: "jp", label: "日本語" },
  { id: "kr", label: "한국어" },
  { id: "cn", label: "中文" },
];

/** See the module's description. */
export class SessionKeyboardControls implements KeyboardControls {
  readonly #keyboard: Keyboard;
  readonly #pointer: Pointer;
  readonly #layout: SessionLayout;
  readonly #sharing: Sharing;
  readonly #combinations: readonly Choice[];

  constructor(options: {
    keyboard: Keyboard;
    pointer: Pointer;
    layout: SessionLayout;
    sharing: Sharing;
  }) {
    this.#keyboard = options.keyboard;
    this.#pointer = options.pointer;
    this.#layout = options.layout;
    this.#sharing = options.sharing;
    this.#combinations = [
      ...combinationList,
      ...(options.pointer.lock.available
        ? [{ id: "capture-pointer", label: strings.capturePointer }]
        : []),
      ...(navigator.maxTouchPoints > 0
        ? [{ id: "trackpad", label: strings.trackpad }]
        : []),
    ];
  }

  get state(): KeyboardState {
    const { current } = this.#layout;
    return {
      mayType: this.#sharing.state.mayControl,
      combinations: this.#combinations,
      layouts,
      layout: current === "" ? undefined : current,
    };
  }

  /** Calls `listener` after each change; returns the function that ends that. */
  subscribe(listener: () => void): () => void {
    const stops = [
      this.#layout.subscribe(listener),
      this.#sharing.subscribe({ onChange: listener }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Does what {@link state} names; an unknown name is ignored. Capturing the pointer needs a gesture. */
  press(id: string): void {
    if (Object.hasOwn(combinations, id))
      this.#keyboard.strikeTogether(
        combinations[id as CombinationName].keysyms,
      );
    else if (id === "capture-pointer") void this.#pointer.lock.request();
    else if (id === "trackpad") {
      const { touchMode } = this.#pointer;
      this.#pointer.touchMode = touchMode === "direct" ? "trackpad" : "direct";
    }
  }

  /** Asks for another layout of the session, which need not be among those of {@link state}. */
  setLayout(layout: string): void {
    this.#layout.choose(layout);
  }
}
