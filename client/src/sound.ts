/**
 * The audio element, and the browser's rule that sound needs a gesture first.
 */

/** Muted by the user; refused by the browser until a gesture; or audible. */
export type SoundState = "none" | "on" | "muted" | "blocked";

/** See the module's description. */
export class Sound {
  readonly element: HTMLAudioElement;
  readonly #onState: (state: SoundState) => void;
  #state: SoundState = "none";

  constructor(options: { onState: (state: SoundState) => void }) {
    this.#onState = options.onState;
    this.element = document.createElement("audio");
    this.element.autoplay = true;
  }

  get state(): SoundState {
    return this.#state;
  }

  /** Plays `track`. */
  play(track: MediaStreamTrack): void {
    this.element.srcObject = new MediaStream([track]);
    if (this.#state === "muted") return;
    this.#start();
  }

  /** Tries again after a gesture of the user. */
  unlock(): void {
    if (this.#state === "blocked") this.#start();
  }

  /** Turns the sound off and on. */
  toggle(): void {
    if (this.#state === "none") return;
    if (this.#state === "on") {
      this.element.muted = true;
      this.#change("muted");
    } else {
      this.#start();
    }
  }

  close(): void {
    this.element.srcObject = null;
  }

  #start(): void {
    this.element.muted = false;
    this.element.play().then(
      () => {
        this.#change("on");
      },
      (error: unknown) => {
        // Anything but the autoplay rule (an AbortError) means that a newer track took over.
        if (error instanceof DOMException && error.name === "NotAllowedError") {
          this.#change("blocked");
        }
      },
    );
  }

  #change(state: SoundState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onState(state);
  }
}
