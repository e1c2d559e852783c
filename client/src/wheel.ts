/**
 * From wheel events to notches. Pure.
 *
 * X11 knows whole notches only. Mice report notches in several disguises and touchpads a stream of
 * small distances, so distances add up until they make a notch.
 */

/** The fields of a WheelEvent that matter. */
export interface WheelReading {
  deltaX: number;
  deltaY: number;
  /** 0: CSS pixels, 1: lines, 2: pages. */
  deltaMode: number;
  /** Chromium's older measure: 120 for a notch of a mouse, upwards and leftwards positive. */
  wheelDeltaX?: number | undefined;
  wheelDeltaY?: number | undefined;
  timeStamp: number;
}

/** Whole notches; positive is down and right. */
export interface Notches {
  dx: number;
  dy: number;
}

const pixelsPerNotch = 100;
/** What Firefox reports for a notch with the usual settings of desktops. */
const linesPerNotch = 3;
const legacyUnitsPerNotch = 120;
/** A rest of a gesture older than this has nothing to do with the next. */
const forgetAfterMs = 400;
/** Bound of the protocol for one message. */
const maxNotches = 20;

/** Adds up wheel events of one viewer. */
export class WheelAccumulator {
  #x = 0;
  #y = 0;
  #lastMs = -Infinity;

  /** The notches that are full with this event; the rest is kept for the next. */
  add(reading: WheelReading): Notches {
    if (reading.timeStamp - this.#lastMs > forgetAfterMs) this.reset();
    this.#lastMs = reading.timeStamp;
    this.#x = accumulate(
      this.#x,
      inNotches(reading.deltaX, reading.wheelDeltaX, reading.deltaMode),
    );
    this.#y = accumulate(
      this.#y,
      inNotches(reading.deltaY, reading.wheelDeltaY, reading.deltaMode),
    );
    const notches = { dx: whole(this.#x), dy: whole(this.#y) };
    this.#x -= notches.dx;
    this.#y -= notches.dy;
    return { dx: clamp(notches.dx), dy: clamp(notches.dy) };
  }

  /** Forgets what has not made a notch. */
  reset(): void {
    this.#x = 0;
    this.#y = 0;
  }
}

function inNotches(
  delta: number,
  legacyDelta: number | undefined,
  deltaMode: number,
): number {
  switch (deltaMode) {
    case 1:
      return delta / linesPerNotch;
    case 2:
      return delta;
    default:
      return isMouseNotch(delta, legacyDelta)
        ? -legacyDelta / legacyUnitsPerNotch
        : delta / pixelsPerNotch;
  }
}

/**
 * A mouse says 120 for each notch whatever distance the system makes of it; touchpads say three times
 * the distance, which is a multiple of 120 only by chance.
 */
function isMouseNotch(
  delta: number,
  legacyDelta: number | undefined,
): legacyDelta is number {
  return (
    legacyDelta !== undefined &&
    legacyDelta !== 0 &&
    legacyDelta % legacyUnitsPerNotch === 0 &&
    legacyDelta !== -3 * delta
  );
}

/** A turn the other way counts at once and does not first undo the rest of the turn before. */
function accumulate(sum: number, delta: number): number {
  return sum * delta < 0 ? delta : sum + delta;
}

/** Rounds toward zero, and up where only the arithmetic fell short of a notch. */
function whole(value: number): number {
  return Math.trunc(value + Math.sign(value) * 1e-6) + 0;
}

function clamp(notches: number): number {
  return Math.min(Math.max(notches, -maxNotches), maxNotches);
}
