/**
 * Mouse, pen and touch over the picture.
 */
import { hasFocus } from "./focus.ts";
import {
  pictureBox,
  toPagePoint,
  toRemotePoint,
  type Point,
  type RemotePoint,
  type Size,
} from "./geometry.ts";
import type { InputSender } from "./input-sender.ts";
import { PointerButtons } from "./pointer-buttons.ts";
import { PointerLock } from "./pointer-lock.ts";
import { Touch } from "./touch.ts";
import type { TouchMode } from "./touch-gestures.ts";
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
  readonly #touch: Touch;
  /** Moves without a place while it is active, see {@link PointerLock}. */
  readonly lock: PointerLock;
  #lastSent: Point | undefined;
  /** Whether raw updates come; `pointermove` then repeats all of them. */
  #hasRaw = false;

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
    this.#touch = new Touch(options.input, {
      locate: ({ x, y }) => {
        const point = this.#locate({ clientX: x, clientY: y });
        return point && { x: point.x, y: point.y };
      },
      scale: () => this.#scale(),
      clamp: (point) => {
        const { x, y } = this.#clamp(point);
        return { x: Math.round(x), y: Math.round(y) };
      },
    });
    this.lock = new PointerLock(options.stage, () => {
      this.#lastSent = undefined;
    });
    this.#listen();
  }

  /** Whether a button is held, as in a drag. */
  get isDragging(): boolean {
    return this.#buttons.anyHeld || this.#touch.isDragging;
  }

  /** Where a locked pointer is on the page, as far as its movements tell; `undefined` while it is not locked. */
  get lockedAt(): Point | undefined {
    const { place } = this.#touch;
    const screen = this.#screen();
    if (!this.lock.active || place === undefined || screen === undefined)
      return undefined;
    return toPagePoint({
      point: place,
      element: this.#video.getBoundingClientRect(),
      video: { width: this.#video.videoWidth, height: this.#video.videoHeight },
      screen,
    });
  }

  /** What fingers do. */
  get touchMode(): TouchMode {
    return this.#touch.mode;
  }

  set touchMode(mode: TouchMode) {
    this.#touch.mode = mode;
  }

  /** The session has been told to release everything. */
  released(): void {
    this.#buttons.releaseAll();
    this.#touch.released();
    this.#wheel.reset();
    this.#lastSent = undefined;
  }

  close(): void {
    this.#ending.abort();
    this.#touch.close();
    this.lock.close();
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
      (event) => {
        this.#onCancel(event);
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
    if (isFinger(event)) {
      this.#focus();
      if (!this.enabled) return;
      this.#stage.setPointerCapture(event.pointerId);
      this.#touch.on(event);
      return;
    }
    if (!event.isPrimary || isOnScrollbar(event, this.#stage)) return;
    this.#focus();
    if (!this.enabled) return;
    if (this.lock.active) {
      this.#onPointer(event, true);
      return;
    }
    // So that a drag that leaves the stage, or the window, is followed to its end.
    this.#stage.setPointerCapture(event.pointerId);
    this.#onPointer(event, true);
  }

  /** The text field within the stage may have the focus already, with an input method at work in it. */
  #focus(): void {
    if (!hasFocus(this.#stage)) this.#stage.focus({ preventScroll: true });
  }

  #onPointer(event: PointerEvent, isPress: boolean): void {
    if (!this.enabled) return;
    if (isFinger(event)) {
      if (event.type !== "pointerrawupdate") this.#touch.on(event);
      return;
    }
    if (!event.isPrimary) return;
    if (this.lock.active) {
      this.#onLocked(event);
      return;
    }
    const point = this.#locate(event);
    if (point === undefined) return;
    const changes = this.#buttons.update(
      event.buttons,
      isPress && point.inside,
    );
    if (changes.length > 0) this.#moved(point);
    for (const change of changes) this.#input.button(change, point);
    if (this.#lastSent?.x === point.x && this.#lastSent.y === point.y) return;
    if (this.#buttons.anyHeld) this.#draw(event);
    else this.#input.motion(point);
    this.#moved(point);
  }

  /** While a button is held each place counts, for what is drawn by hand. */
  #draw(event: PointerEvent): void {
    if (event.type === "pointerrawupdate") this.#hasRaw = true;
    else if (this.#hasRaw) return;
    const events = event.getCoalescedEvents();
    const points = (events.length > 0 ? events : [event])
      .map((each) => this.#locate(each))
      .filter((point) => point !== undefined);
    this.#input.path(points);
  }

  /** Browsers report distances with `pointermove` alone in the same way. */
  #onLocked(event: PointerEvent): void {
    if (event.type === "pointermove") {
      const { movementX, movementY } = event;
      this.#input.motionBy(movementX, movementY);
      const { place } = this.#touch;
      if (place !== undefined)
        this.#touch.place = this.#clamp({
          x: place.x + movementX,
          y: place.y + movementY,
        });
    }
    for (const change of this.#buttons.update(event.buttons, true))
      this.#input.button(change);
  }

  #moved(point: Point): void {
    this.#lastSent = point;
    this.#touch.place = point;
  }

  #onCancel(event: PointerEvent): void {
    if (isFinger(event)) {
      this.#touch.on(event);
      return;
    }
    if (!this.#buttons.anyHeld) return;
    this.released();
    this.#input.releaseAll();
  }

  #onWheel(event: WheelEvent): void {
    suppress(event); // Also keeps Control and the wheel from zooming the page.
    if (!this.enabled) return;
    const isLocked = this.lock.active;
    const point = isLocked ? undefined : this.#locate(event);
    if (!isLocked && point?.inside !== true) return;
    const notches = this.#wheel.add(readWheel(event));
    if (notches.dx === 0 && notches.dy === 0) return;
    if (point !== undefined) this.#moved(point);
    this.#input.wheel(notches, point);
  }

  #scale(): number {
    const screen = this.#screen();
    const video = {
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
    };
    const box = pictureBox(this.#video.getBoundingClientRect(), video);
    return screen === undefined || !(box.width > 0)
      ? 1
      : screen.width / box.width;
  }

  #clamp({ x, y }: Point): Point {
    const { width, height } = this.#screen() ?? { width: 1, height: 1 };
    return {
      x: Math.min(Math.max(x, 0), width - 1),
      y: Math.min(Math.max(y, 0), height - 1),
    };
  }

  #locate(
    event: Pick<MouseEvent, "clientX" | "clientY">,
  ): RemotePoint | undefined {
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

/** A pen is a mouse that draws. */
function isFinger(event: PointerEvent): boolean {
  return event.pointerType === "touch";
}

function suppress(event: Event): void {
  event.preventDefault();
}
