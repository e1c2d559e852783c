/**
 * Sound: on or off, and how loud; and the user's own, where the session hears it.
 */
import { element } from "../dom.ts";
import type { MicrophoneState } from "../microphone-state.ts";
import type { SoundState } from "../sound.ts";
import { panelStrings } from "../panel-strings.ts";
import type { PanelSection } from "./panel.ts";
import { MicrophonePart, type MicrophoneControls } from "./microphone-part.ts";
import { hint, labelled, toggle } from "./parts.ts";

const words = panelStrings.sound;

/** See the module's description. */
export class SoundSection implements PanelSection {
  readonly id = "sound";
  readonly title = words.title;
  readonly icon = "sound";
  readonly element: HTMLElement;
  readonly #toggle;
  readonly #note = hint("");
  readonly #slider = element("input", {
    attributes: { type: "range", min: "0", max: "100", step: "1" },
  });
  readonly #microphone: MicrophonePart;
  readonly #level = element("output", { className: "range-value" });

  constructor(options: {
    muted: boolean;
    /** 0…1. */
    volume: number;
    onMute: (muted: boolean) => void;
    onVolume: (volume: number) => void;
    microphone: MicrophoneControls;
  }) {
    this.#toggle = toggle(words.on, (on) => {
      options.onMute(!on);
    });
    this.#toggle.input.checked = !options.muted;
    this.#slider.value = String(Math.round(options.volume * 100));
    this.#slider.addEventListener("input", () => {
      this.#showLevel();
      options.onVolume(Number(this.#slider.value) / 100);
    });
    const field = labelled(words.volume, this.#slider);
    field.classList.add("panel-range");
    field.append(this.#level);
    this.#microphone = new MicrophonePart(options.microphone);
    this.element = element(
      "div",
      {},
      ...[this.#toggle.element, this.#note, field],
      this.#microphone.element,
    );
    this.#showLevel();
    this.setState("none");
  }

  setState(state: SoundState): void {
    // What the user chose stays, although the browser waits or there is nothing to hear yet.
    if (state === "on" || state === "muted")
      this.#toggle.input.checked = state === "on";
    this.#note.textContent =
      state === "none" ? words.none : state === "blocked" ? words.blocked : "";
    this.#note.hidden = this.#note.textContent === "";
  }

  setMicrophone(state: MicrophoneState): void {
    this.#microphone.setState(state);
  }

  /** Whether this page may act. */
  setControl(mayControl: boolean): void {
    this.#microphone.setControl(mayControl);
  }

  /** Idempotent. */
  close(): void {
    this.#microphone.close();
  }

  #showLevel(): void {
    this.#level.value = `${this.#slider.value} %`;
    this.#slider.setAttribute("aria-valuetext", this.#level.value);
  }
}
