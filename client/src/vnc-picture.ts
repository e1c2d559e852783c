/**
 * The desktop by VNC as a track, for when nothing else shows it: noVNC draws out of sight, and what it draws is shown
 * like any other picture. Keys and pointer go their usual way.
 */
import type { VncView } from "./vnc/vnc-view.ts";

/** Loads the code, which the page does not need otherwise. */
export type LoadVnc = () => Promise<{ VncView: typeof VncView }>;

export interface VncPictureListener {
  /** The desktop can be seen in it. */
  onTrack(track: MediaStreamTrack): void;
  /** It could not be shown, several times in a row. */
  onFailed(): void;
}

/** Tries in a row before it counts as failed. */
const mostFailures = 3;
const retryMs = 1_000;
/** How often a picture that stands still gives a frame, for an element that has missed the one before. */
const touchEveryMs = 250;

/** See the module's description. */
export class VncPicture {
  readonly #load: LoadVnc;
  readonly #credentials: () => { url: string; token: string };
  readonly #listener: VncPictureListener;
  #view: VncView | undefined;
  #place: HTMLElement | undefined;
  #track: MediaStreamTrack | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #touchTimer: ReturnType<typeof setInterval> | undefined;
  #failures = 0;
  /** Counts starts, so that code that arrives late is of no effect. */
  #start = 0;

  constructor(options: {
    load: LoadVnc;
    /** Of the agent's page. */
    credentials: () => { url: string; token: string };
    listener: VncPictureListener;
  }) {
    this.#load = options.load;
    this.#credentials = options.credentials;
    this.#listener = options.listener;
  }

  /** What shows the desktop now. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /** Without effect where it was started. */
  start(): void {
    if (this.#start % 2 === 1) return;
    this.#start += 1;
    this.#failures = 0;
    this.#open();
  }

  /** Idempotent. */
  stop(): void {
    if (this.#start % 2 === 0) return;
    this.#start += 1;
    clearTimeout(this.#timer);
    this.#closeView();
  }

  #open(): void {
    const start = this.#start;
    this.#load().then(
      ({ VncView: View }) => {
        if (start === this.#start) this.#show(View);
      },
      () => {
        if (start === this.#start) this.#failed();
      },
    );
  }

  #show(View: typeof VncView): void {
    const place = document.createElement("div");
    // Laid out, since noVNC measures its place, but neither seen nor in anybody's way.
    Object.assign(place.style, {
      position: "absolute",
      inset: "0",
      overflow: "hidden",
      visibility: "hidden",
      pointerEvents: "none",
      zIndex: "-1",
    });
    place.inert = true;
    document.body.append(place);
    this.#place = place;
    const view: VncView = new View({
      ...this.#credentials(),
      parent: place,
      mode: "actual",
      viewOnly: true,
      listener: {
        onFirstFrame: () => {
          this.#onFirstFrame(view);
        },
        onLost: ({ retry }) => {
          this.#closeView();
          if (retry) this.#failed();
          else this.#giveUp();
        },
      },
    });
    this.#view = view;
  }

  #onFirstFrame(view: VncView): void {
    this.#failures = 0;
    const { canvas } = view;
    const [track] = canvas?.captureStream().getVideoTracks() ?? [];
    if (canvas === undefined || track === undefined) {
      this.#giveUp();
      return;
    }
    this.#track = track;
    // A captured canvas gives a frame when it is drawn on, and a screen that stands still draws nothing.
    const context = canvas.getContext("2d");
    this.#touchTimer = setInterval(() => {
      context?.drawImage(canvas, 0, 0, 1, 1, 0, 0, 1, 1);
    }, touchEveryMs);
    this.#listener.onTrack(track);
  }

  #failed(): void {
    this.#failures += 1;
    if (this.#failures >= mostFailures) {
      this.#giveUp();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#open();
    }, retryMs);
  }

  #giveUp(): void {
    this.stop();
    this.#listener.onFailed();
  }

  #closeView(): void {
    clearInterval(this.#touchTimer);
    this.#track?.stop();
    this.#track = undefined;
    this.#view?.close();
    this.#view = undefined;
    this.#place?.remove();
    this.#place = undefined;
  }
}
