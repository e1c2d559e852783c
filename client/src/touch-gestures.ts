/**
 * From fingers to what a mouse does. Pure; places and distances are CSS pixels, times milliseconds.
 *
 * `direct`: the finger is the pointer. `trackpad`: it moves the pointer from where that is, as on a laptop.
 */
import type { Point } from "./geometry.ts";

export const touchModes = ["direct", "trackpad"] as const;
export type TouchMode = (typeof touchModes)[number];

/** Left and right, as X11 numbers them. */
export type TouchButton = 1 | 3;

export type TouchAction =
  | { kind: "move"; to: Point }
  | { kind: "move-by"; dx: number; dy: number }
  /** Without a place: where the pointer is. */
  | { kind: "press" | "release"; button: TouchButton; place?: Point }
  /** Distances that a wheel scrolls; positive is down and right. */
  | { kind: "scroll"; dx: number; dy: number }
  /** Notches of a wheel with Control; positive makes larger. */
  | { kind: "zoom"; notches: number };

/** A finger that rests for this long means the right button. */
export const longPressMs = 500;
/** A finger that moves less than this rests. */
const slopPx = 10;
/** A tap, and a second one that begins to drag, come within this time. */
const tapMs = 250;
/** Fingers come nearer or part by this much before they zoom rather than scroll. */
const pinchPx = 24;
/** The distance between the fingers changes by this factor for a notch. */
const notchFactor = 1.15;
/** A page scrolls by more than the finger has moved: screens of phones are small. */
const scrollFactor = 1.5;

interface Finger {
  start: Point;
  last: Point;
}

type State =
  | { name: "idle" }
  | { name: "resting"; id: number; sinceMs: number; afterTap: boolean }
  | { name: "dragging" | "gliding"; id: number }
  | { name: "pair"; sinceMs: number; kind: undefined | "scroll" | "zoom" }
  /** Whatever the remaining fingers do is over. */
  | { name: "over" };

const none: readonly TouchAction[] = [];

/** See the module's description. */
export class TouchGestures {
  mode: TouchMode = "direct";
  readonly #fingers = new Map<number, Finger>();
  #state: State = { name: "idle" };
  #tappedMs = -Infinity;

  /** When {@link tick} is due, or `undefined`. */
  get dueMs(): number | undefined {
    return this.#state.name === "resting"
      ? this.#state.sinceMs + longPressMs
      : undefined;
  }

  down(id: number, place: Point, nowMs: number): readonly TouchAction[] {
    this.#fingers.set(id, { start: place, last: place });
    const { name } = this.#state;
    if (this.#fingers.size === 1) {
      const afterTap =
        this.mode === "trackpad" && nowMs - this.#tappedMs < tapMs;
      this.#state = { name: "resting", id, sinceMs: nowMs, afterTap };
      return none;
    }
    if (
      this.#fingers.size === 2 &&
      (name === "resting" || name === "gliding")
    ) {
      for (const finger of this.#fingers.values()) finger.start = finger.last;
      this.#state = { name: "pair", sinceMs: nowMs, kind: undefined };
      return none;
    }
    return this.#stop();
  }

  move(id: number, place: Point): readonly TouchAction[] {
    const finger = this.#fingers.get(id);
    if (finger === undefined) return none;
    const before = this.#pair();
    const { start, last } = finger;
    finger.last = place;
    const state = this.#state;
    const by = { dx: place.x - last.x, dy: place.y - last.y };
    switch (state.name) {
      case "resting":
        if (distance(start, place) <= slopPx) return none;
        return this.#begin(id, start, place, state.afterTap);
      case "dragging":
        return this.mode === "direct"
          ? [{ kind: "move", to: place }]
          : [{ kind: "move-by", ...by }];
      case "gliding":
        return [{ kind: "move-by", ...by }];
      case "pair":
        return before === undefined ? none : this.#movePair(state, before);
      case "idle":
      case "over":
        return none;
    }
  }

  up(id: number, nowMs: number): readonly TouchAction[] {
    const finger = this.#fingers.get(id);
    if (finger === undefined) return none;
    this.#fingers.delete(id);
    const state = this.#state;
    this.#state =
      this.#fingers.size === 0 ? { name: "idle" } : { name: "over" };
    switch (state.name) {
      case "resting":
        this.#tappedMs = nowMs;
        return this.#click(1, finger.start);
      case "dragging":
        return [this.#button("release", 1, finger.last)];
      case "pair":
        return state.kind === undefined && nowMs - state.sinceMs < tapMs
          ? this.#click(3, finger.start)
          : none;
      case "gliding":
      case "idle":
      case "over":
        return none;
    }
  }

  /** A finger is not the page's any more: nothing stays pressed. */
  cancel(id: number): readonly TouchAction[] {
    this.#fingers.delete(id);
    const actions = this.#stop();
    if (this.#fingers.size === 0) this.#state = { name: "idle" };
    return actions;
  }

  /** Time has passed, see {@link dueMs}. */
  tick(nowMs: number): readonly TouchAction[] {
    const state = this.#state;
    if (state.name !== "resting" || nowMs < state.sinceMs + longPressMs)
      return none;
    this.#state = { name: "over" };
    const start = this.#fingers.get(state.id)?.start;
    return start === undefined ? none : this.#click(3, start);
  }

  /** Forgets everything; the session has been told to release all. */
  reset(): void {
    this.#fingers.clear();
    this.#state = { name: "idle" };
  }

  #begin(
    id: number,
    start: Point,
    place: Point,
    afterTap: boolean,
  ): readonly TouchAction[] {
    const isDrag = this.mode === "direct" || afterTap;
    this.#state = { name: isDrag ? "dragging" : "gliding", id };
    const move: TouchAction =
      this.mode === "direct"
        ? { kind: "move", to: place }
        : { kind: "move-by", dx: place.x - start.x, dy: place.y - start.y };
    return isDrag ? [this.#button("press", 1, start), move] : [move];
  }

  #movePair(
    state: Extract<State, { name: "pair" }>,
    before: Pair,
  ): readonly TouchAction[] {
    const now = this.#pair();
    const starts = [...this.#fingers.values()].map(({ start }) => start);
    const [one, two] = starts;
    if (now === undefined || one === undefined || two === undefined)
      return none;
    if (state.kind === undefined) {
      const start = pairOf(one, two);
      if (Math.abs(now.span - start.span) > pinchPx) state.kind = "zoom";
      else if (distance(now.middle, start.middle) > slopPx)
        state.kind = "scroll";
      else return none;
      before = start;
    }
    if (state.kind === "zoom") {
      const factor = Math.max(now.span, 1) / Math.max(before.span, 1);
      return [
        { kind: "zoom", notches: Math.log(factor) / Math.log(notchFactor) },
      ];
    }
    // The content follows the fingers, so the wheel turns the other way.
    return [
      {
        kind: "scroll",
        dx: (before.middle.x - now.middle.x) * scrollFactor,
        dy: (before.middle.y - now.middle.y) * scrollFactor,
      },
    ];
  }

  #stop(): readonly TouchAction[] {
    const wasDragging = this.#state.name === "dragging";
    this.#state = { name: "over" };
    const last = [...this.#fingers.values()][0]?.last;
    return wasDragging ? [this.#button("release", 1, last)] : none;
  }

  #click(button: TouchButton, place: Point): readonly TouchAction[] {
    return [
      this.#button("press", button, place),
      this.#button("release", button, place),
    ];
  }

  #button(
    kind: "press" | "release",
    button: TouchButton,
    place: Point | undefined,
  ): TouchAction {
    return this.mode === "direct" && place !== undefined
      ? { kind, button, place }
      : { kind, button };
  }

  #pair(): Pair | undefined {
    const [one, two] = [...this.#fingers.values()];
    return one === undefined || two === undefined
      ? undefined
      : pairOf(one.last, two.last);
  }
}

interface Pair {
  middle: Point;
  /** Distance between the two. */
  span: number;
}

function pairOf(one: Point, two: Point): Pair {
  return {
    middle: { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 },
    span: distance(one, two),
  };
}

function distance(one: Point, two: Point): number {
  return Math.hypot(one.x - two.x, one.y - two.y);
}
