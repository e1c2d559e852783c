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

  /** @param options.volume 0…1. */
  constructor(options: {
    onState: (state: SoundState) => void;
    muted?: boolean;
    volume?: number;
  }) {
    this.#onState = options.onState;
    this.element = document.createElement("audio");
    this.element.autoplay = true;
    this.element.muted = options.muted ?? false;
    this.volume = options.volume ?? 1;
  }

  get state(): SoundState {
    return this.#state;
  }

  /** Whether the user wants silence; also known while the session sends no sound. */
  get muted(): boolean {
    return this.element.muted;
  }

  /** 0…1; what is beyond is cut. Phones of Apple leave it at 1, and their user to the buttons. */
  get volume(): number {
    return this.element.volume;
  }

  set volume(volume: number) {
    if (Number.isNaN(volume)) return;
    this.element.volume = Math.min(Math.max(volume, 0), 1);
  }

  /** Plays `track`. */
  play(track: MediaStreamTrack): void {
    this.element.srcObject = new MediaStream([track]);
    if (this.element.muted) this.#change("muted");
    else this.#start();
  }

  /** Tries again after a gesture of the user. */
  unlock(): void {
    if (this.#state === "blocked") this.#start();
  }

  /** Turns the sound off and on. */
  toggle(): void {
    this.mute(this.#state === "on");
  }

  mute(muted: boolean): void {
    this.element.muted = muted;
    if (this.#state === "none") return;
    if (muted) this.#change("muted");
    else this.#start();
  }

  close(): void {
    this.element.srcObject = null;
  }

  #start(): void {
    this.element.muted = false;
    this.element.play().then(
      () => {
        // Somebody may have muted it meanwhile.
        if (!this.element.muted) this.#change("on");
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
