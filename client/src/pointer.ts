/**
 * Mouse, pen and touch over the picture.
 */
import { toRemotePoint, type RemotePoint, type Size } from "./geometry.ts";
import type { InputSender } from "./input-sender.ts";
import { PointerButtons } from "./pointer-buttons.ts";
import { WheelAccumulator, type WheelReading } from "./wheel.ts";

/** Values of `MouseEvent.button` with which browsers go back and forward. */
const buttonsOfHistory = [3, 4];

/** Listens on `stage` and sends what it hears, while {@link Pointer.enabled}. */
export class Pointer {
  /** Whether events go to the session. */
  enabled = false;
  readonly #stage: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #screen: () => Size | undefined;
  readonly #input: InputSender;
  readonly #buttons = new PointerButtons();
  readonly #wheel = new WheelAccumulator();
  readonly #ending = new AbortController();
  #lastSent: { x: number; y: number } | undefined;

  constructor(options: {
    stage: HTMLElement;
    video: HTMLVideoElement;
    screen: () => Size | undefined;
    input: InputSender;
  }) {
    this.#stage = options.stage;
    this.#video = options.video;
    this.#screen = options.screen;
    this.#input = options.input;
    this.#listen();
  }

  /** Whether a button is held, as in a drag. */
  get isDragging(): boolean {
    return this.#buttons.anyHeld;
  }

  /** The session has been told to release everything. */
  released(): void {
    this.#buttons.releaseAll();
    this.#wheel.reset();
    this.#lastSent = undefined;
  }

  close(): void {
    this.#ending.abort();
  }

  #listen(): void {
    const { signal } = this.#ending;
    const stage = this.#stage;
    const onMove = (event: PointerEvent): void => {
      this.#onPointer(event, false);
    };
    // Raw updates come without waiting for the next frame; only secure contexts have them, and
    // `pointermove` then repeats the last of them.
    stage.addEventListener("pointerrawupdate", onMove as EventListener, {
      signal,
    });
    stage.addEventListener("pointermove", onMove, { signal });
    stage.addEventListener("pointerup", onMove, { signal });
    stage.addEventListener(
      "pointercancel",
      () => {
        this.#onCancel();
      },
      { signal },
    );
    stage.addEventListener(
      "pointerdown",
      (event) => {
        this.#onDown(event);
      },
      { signal },
    );
    stage.addEventListener(
      "wheel",
      (event) => {
        this.#onWheel(event);
      },
      { signal, passive: false },
    );
    stage.addEventListener("contextmenu", suppress, { signal });
    // Pressing a button focuses the video in Firefox, selects, and scrolls; the stage has taken the focus.
    stage.addEventListener(
      "mousedown",
      (event) => {
        if (!isOnScrollbar(event, stage)) suppress(event);
      },
      { signal },
    );
    for (const type of ["mouseup", "auxclick"] as const) {
      stage.addEventListener(
        type,
        (event: MouseEvent) => {
          if (buttonsOfHistory.includes(event.button)) suppress(event);
        },
        { signal },
      );
    }
  }

  #onDown(event: PointerEvent): void {
    if (!event.isPrimary || isOnScrollbar(event, this.#stage)) return;
    this.#stage.focus({ preventScroll: true });
    if (!this.enabled) return;
    // So that a drag that leaves the stage, or the window, is followed to its end.
    this.#stage.setPointerCapture(event.pointerId);
    this.#onPointer(event, true);
  }

  #onPointer(event: PointerEvent, isPress: boolean): void {
    if (!this.enabled || !event.isPrimary) return;
    const point = this.#locate(event);
    if (point === undefined) return;
    const changes = this.#buttons.update(
      event.buttons,
      isPress && point.inside,
    );
    if (changes.length > 0) this.#lastSent = point;
    for (const change of changes) this.#input.button(change, point);
    if (this.#lastSent?.x === point.x && this.#lastSent.y === point.y) return;
    this.#lastSent = point;
    this.#input.motion(point);
  }

  #onCancel(): void {
    if (!this.#buttons.anyHeld) return;
    this.released();
    this.#input.releaseAll();
  }

  #onWheel(event: WheelEvent): void {
    suppress(event); // Also keeps Control and the wheel from zooming the page.
    if (!this.enabled) return;
    const point = this.#locate(event);
    if (point?.inside !== true) return;
    const notches = this.#wheel.add(readWheel(event));
    if (notches.dx === 0 && notches.dy === 0) return;
    this.#lastSent = point;
    this.#input.wheel(notches, point);
  }

  #locate(event: MouseEvent): RemotePoint | undefined {
    const screen = this.#screen();
    if (screen === undefined) return undefined;
    return toRemotePoint({
      client: { x: event.clientX, y: event.clientY },
      element: this.#video.getBoundingClientRect(),
      video: { width: this.#video.videoWidth, height: this.#video.videoHeight },
      screen,
    });
  }
}

function readWheel(event: WheelEvent): WheelReading {
  // `deltaMode` first: Firefox converts lines to pixels for pages that do not ask for it.
  const { deltaMode, deltaX, deltaY, timeStamp } = event;
  const { wheelDeltaX, wheelDeltaY } = event as {
    wheelDeltaX?: number;
    wheelDeltaY?: number;
  };
  return { deltaMode, deltaX, deltaY, timeStamp, wheelDeltaX, wheelDeltaY };
}

/** The scroll bars of a desktop that is larger than the window belong to the page. */
function isOnScrollbar(event: MouseEvent, stage: HTMLElement): boolean {
  return (
    event.target === stage &&
    (event.offsetX >= stage.clientWidth || event.offsetY >= stage.clientHeight)
  );
}

function suppress(event: Event): void {
  event.preventDefault();
}
