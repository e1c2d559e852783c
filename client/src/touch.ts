/**
 * Fingers on the stage, turned into the mouse of the session.
 */
import type { Point } from "./geometry.ts";
import type { InputSender } from "./input-sender.ts";
import {
  TouchGestures,
  type TouchAction,
  type TouchMode,
} from "./touch-gestures.ts";
import { WheelAccumulator, type Notches } from "./wheel.ts";

const controlKeysym = 0xffe3;
/** What the wheel takes for a notch, see `wheel.ts`. */
const pixelsPerNotch = 100;

/** What this needs of the picture. */
export interface TouchPlaces {
  /** The pixel of the session under a place of the window; `undefined` beside the picture, or without one. */
  locate(place: Point): Point | undefined;
  /** Pixels of the session for a CSS pixel of the window. */
  scale(): number;
  /** The pixel of the session nearest to a place beyond its edge. */
  clamp(point: Point): Point;
}

/** See the module's description. */
export class Touch {
  readonly #gestures = new TouchGestures();
  readonly #input: InputSender;
  readonly #places: TouchPlaces;
  readonly #scrolling = new WheelAccumulator();
  readonly #zooming = new WheelAccumulator();
  #pointer: Point | undefined;
  #pressed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(input: InputSender, places: TouchPlaces) {
    this.#input = input;
    this.#places = places;
  }

  get mode(): TouchMode {
    return this.#gestures.mode;
  }

  set mode(mode: TouchMode) {
    this.#gestures.mode = mode;
  }

  /** Whether a finger holds a button. */
  get isDragging(): boolean {
    return this.#pressed;
  }

  /** Where the pointer of the session is, as far as fingers have put it there. */
  get place(): Point | undefined {
    return this.#pointer;
  }

  /** Something else has moved the pointer. */
  set place(point: Point | undefined) {
    this.#pointer = point;
  }

  /** Takes an event of a finger. */
  on(event: PointerEvent): void {
    const { pointerId, timeStamp } = event;
    const place = { x: event.clientX, y: event.clientY };
    const gestures = this.#gestures;
    switch (event.type) {
      case "pointerdown":
        this.#apply(gestures.down(pointerId, place, timeStamp));
        break;
      case "pointermove":
        this.#apply(gestures.move(pointerId, place));
        break;
      case "pointerup":
        this.#apply(gestures.up(pointerId, timeStamp));
        break;
      default:
        this.#apply(gestures.cancel(pointerId));
    }
    this.#wait();
  }

  /** The session has been told to release everything. */
  released(): void {
    clearTimeout(this.#timer);
    this.#gestures.reset();
    this.#pressed = false;
  }

  close(): void {
    this.released();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const { dueMs } = this.#gestures;
    if (dueMs === undefined) return;
    this.#timer = setTimeout(
      () => {
        const actions = this.#gestures.tick(performance.now());
        if (actions.length > 0) vibrate();
        this.#apply(actions);
        this.#wait();
      },
      Math.max(0, dueMs - performance.now()) + 1,
    );
  }

  #apply(actions: readonly TouchAction[]): void {
    for (const action of actions) this.#act(action);
  }

  #act(action: TouchAction): void {
    switch (action.kind) {
      case "move":
        this.#move(this.#places.locate(action.to));
        break;
      case "move-by":
        this.#moveBy(action.dx, action.dy);
        break;
      case "press":
      case "release": {
        if (action.place !== undefined)
          this.#pointer = this.#places.locate(action.place) ?? this.#pointer;
        const pressed = action.kind === "press";
        if (this.#pointer === undefined) return;
        this.#pressed = pressed;
        this.#input.button({ button: action.button, pressed }, this.#pointer);
        break;
      }
      case "scroll": {
        const reading = { deltaX: action.dx, deltaY: action.dy };
        this.#wheel(this.#scrolling, reading, (notches) => {
          this.#input.wheel(notches, this.#pointer);
        });
        break;
      }
      case "zoom": {
        const reading = { deltaX: 0, deltaY: -action.notches * pixelsPerNotch };
        this.#wheel(this.#zooming, reading, (notches) => {
          this.#input.key(controlKeysym, "Pinch", true);
          this.#input.wheel(notches, this.#pointer);
          this.#input.key(controlKeysym, "Pinch", false);
        });
      }
    }
  }

  #move(point: Point | undefined): void {
    if (point === undefined) return;
    this.#pointer = point;
    if (this.#pressed) this.#input.path([point]);
    else this.#input.motion(point);
  }

  #moveBy(dx: number, dy: number): void {
    const scale = this.#places.scale();
    const from = this.#pointer ?? { x: 0, y: 0 };
    this.#move(
      this.#places.clamp({ x: from.x + dx * scale, y: from.y + dy * scale }),
    );
  }

  #wheel(
    wheel: WheelAccumulator,
    { deltaX, deltaY }: { deltaX: number; deltaY: number },
    send: (notches: Notches) => void,
  ): void {
    const timeStamp = performance.now();
    const notches = wheel.add({ deltaX, deltaY, deltaMode: 0, timeStamp });
    if (notches.dx !== 0 || notches.dy !== 0) send(notches);
  }
}

/** Tells the finger that it has rested long enough. Not all browsers can. */
function vibrate(): void {
  (navigator as { vibrate?: (ms: number) => boolean }).vibrate?.(15);
}
