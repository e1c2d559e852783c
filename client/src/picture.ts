/**
 * The video element: shows a track and tells when its first frame is there.
 */

/** See the module's description. */
export class Picture {
  readonly element: HTMLVideoElement;
  readonly #onFrame: () => void;
  readonly #ending = new AbortController();
  #track: MediaStreamTrack | undefined;
  #frameCallback: number | undefined;
  #held = false;

  /** @param options.onFrame called for the first frame of every track. */
  constructor(options: { onFrame: () => void }) {
    this.#onFrame = options.onFrame;
    this.element = document.createElement("video");
    this.element.muted = true; // Sound has an element of its own; a muted video may always start.
    this.element.autoplay = true;
    this.element.playsInline = true;
    this.element.disablePictureInPicture = true;
    this.element.className = "picture";
    // For browsers without requestVideoFrameCallback, and for hidden tabs, where it does not fire.
    this.element.addEventListener("loadeddata", this.#onFrame, {
      signal: this.#ending.signal,
    });
  }

  /** Shows `track`. The last frame of the one before stays until then. */
  show(track: MediaStreamTrack): void {
    this.#track = track;
    this.#held = false;
    this.element.srcObject = new MediaStream([track]);
    this.play();
    if ("requestVideoFrameCallback" in this.element) {
      if (this.#frameCallback !== undefined) {
        this.element.cancelVideoFrameCallback(this.#frameCallback);
      }
      this.#frameCallback = this.element.requestVideoFrameCallback(() => {
        this.#frameCallback = undefined;
        if (this.#track === track) this.#onFrame();
      });
    }
  }

  /** Keeps the frame that is on the screen: a playing element goes blank when its track ends. */
  hold(): void {
    this.#held = true;
    this.element.pause();
  }

  /** Starts playing; of use where the browser refused to without a gesture. */
  play(): void {
    if (this.#held || this.element.srcObject === null) return;
    this.element.play().catch(() => {
      // A newer track took its place, or a gesture is needed: that of the sound button does for both.
    });
  }

  close(): void {
    this.#ending.abort();
    this.element.srcObject = null;
  }
}
