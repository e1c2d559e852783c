/**
 * The microphone in the section of sound: on or off, what became of it, how loud the user is, and which device.
 */
import { element } from "../dom.ts";
import { isMicrophoneOpen, type MicrophoneState } from "../microphone-state.ts";
import { microphoneWords } from "../strings.ts";
import { panelStrings } from "../panel-strings.ts";
import { labelled, statusLine, toggle } from "./parts.ts";

const words = panelStrings.sound;
/** Steps of the meter: fast enough for speech. */
const meterEveryMs = 100;

/** What the part needs of the microphone. */
export interface MicrophoneControls {
  /** 0…1. */
  readonly level: number;
  readonly device: string | undefined;
  devices(): Promise<readonly { readonly id: string; readonly name: string }[]>;
  use(device: string | undefined): Promise<void>;
  turn(on: boolean): Promise<void>;
}

/** See the module's description. Not shown while the session has no microphone. */
export class MicrophonePart {
  readonly element: HTMLElement;
  readonly #controls: MicrophoneControls;
  readonly #toggle;
  readonly #note = statusLine();
  readonly #meter = element("meter", {
    className: "level-meter",
    attributes: {
      min: "0",
      max: "1",
      "aria-label": words.microphoneLevel,
    },
  });
  readonly #device = element("select");
  readonly #deviceField = labelled(words.microphoneDevice, this.#device);
  #timer: ReturnType<typeof setInterval> | undefined;
  #state: MicrophoneState = "unavailable";
  #mayControl = false;

  constructor(controls: MicrophoneControls) {
    this.#controls = controls;
    this.#toggle = toggle(words.microphone, (on) => {
      void controls.turn(on);
    });
    this.#device.addEventListener("change", () => {
      const { value } = this.#device;
      void controls.use(value === "" ? undefined : value);
    });
    this.element = element(
      "div",
      { className: "microphone-part" },
      ...[this.#toggle.element, this.#meter],
      ...[this.#note, this.#deviceField],
    );
    this.setState("unavailable");
  }

  setState(state: MicrophoneState): void {
    this.#state = state;
    this.element.hidden = state === "unavailable";
    this.#toggle.input.checked = isMicrophoneOpen(state);
    this.#showNote();
    this.#follow(state === "on");
    if (state === "on") void this.#listDevices();
    else if (state === "unavailable") this.#deviceField.hidden = true;
  }

  /** Whether this page may act: only who does speaks. */
  setControl(mayControl: boolean): void {
    this.#mayControl = mayControl;
    this.#showNote();
  }

  /** Ends its timer; idempotent. */
  close(): void {
    this.#follow(false);
  }

  #showNote(): void {
    this.#toggle.input.disabled = !this.#mayControl;
    const state =
      this.#state === "off" && !this.#mayControl ? "no-control" : this.#state;
    this.#note.textContent = microphoneWords[state];
    this.#note.hidden = this.#note.textContent === "";
  }

  /** The meter moves while there is something to hear, and somebody to see it. */
  #follow(on: boolean): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#meter.hidden = !on;
    if (!on) return;
    this.#timer = setInterval(() => {
      if (this.#meter.checkVisibility())
        this.#meter.value = this.#controls.level;
    }, meterEveryMs);
  }

  /** Browsers tell the names only once a microphone was allowed. */
  async #listDevices(): Promise<void> {
    const devices = await this.#controls.devices();
    this.#deviceField.hidden = devices.length < 2;
    const chosen = this.#controls.device ?? "";
    this.#device.replaceChildren(
      option("", words.microphoneDefault),
      ...devices
        .filter(({ id }) => id !== "default")
        .map(({ id, name }) => option(id, name || words.unnamedDevice)),
    );
    this.#device.value = chosen;
  }
}

function option(value: string, text: string): HTMLOptionElement {
  return element("option", { text, attributes: { value } });
}
