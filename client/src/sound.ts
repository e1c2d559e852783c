/**
 * The audio element, and the browser's rule that sound needs a gesture first.
 */

/** Muted by the user; refused by the browser until a gesture; or audible. */
export type SoundState = "none" | "on" | "muted" | "blocked";

/** The part of an audio element that counts. */
export interface AudioElement {
  autoplay: boolean;
  muted: boolean;
  volume: number;
  srcObject: object | null;
  readonly paused: boolean;
  readonly ended: boolean;
  readonly isConnected: boolean;
  play(): Promise<void>;
  addEventListener(
    type: "pause",
    listener: () => void,
    options: { signal: AbortSignal },
  ): void;
}

/** See the module's description. */
export class Sound<Element extends AudioElement> {
  readonly element: Element;
  readonly #onState: (state: SoundState) => void;
  readonly #ending = new AbortController();
  #state: SoundState = "none";

  /** @param options.volume 0…1. */
  constructor(options: {
    element: Element;
    onState: (state: SoundState) => void;
    muted?: boolean;
    volume?: number;
  }) {
    this.#onState = options.onState;
    this.element = options.element;
    this.element.autoplay = true;
    this.element.muted = options.muted ?? false;
    this.volume = options.volume ?? 1;
    this.element.addEventListener(
      "pause",
      () => {
        this.#onPause();
      },
      { signal: this.#ending.signal },
    );
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

  /** Plays `stream`, a `MediaStream`. */
  play(stream: NonNullable<Element["srcObject"]>): void {
    this.element.srcObject = stream;
    if (this.element.muted) this.#change("muted");
    else this.#start();
  }

  /** Tries again after a gesture of the user. */
  unlock(): void {
    // One that is out of the page is not to be heard.
    if (this.element.isConnected) this.resume();
  }

  /** Plays on where the browser has paused it, as it does to what is taken out of the page. */
  resume(): void {
    if (this.#state === "none") return;
    if (this.#state === "blocked") this.#start();
    else if (this.element.paused) this.#play();
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
    this.#ending.abort();
    this.element.srcObject = null;
  }

  /** The browser does it to an element that leaves the page, and for its own controls. */
  #onPause(): void {
    // The event comes late. Sound that has ended waits for the next connection, not for the user.
    const { paused, ended } = this.element;
    if (this.#state === "on" && paused && !ended) this.#change("blocked");
  }

  #start(): void {
    this.element.muted = false;
    this.#play();
  }

  #play(): void {
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
