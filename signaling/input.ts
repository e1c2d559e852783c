/**
 * What signaling wants of the input side, and the one place that turns input messages into its calls.
 */
import type { Clock } from "../agent/base/clock.ts";
import { HeldInput, type Held } from "./held-input.ts";
import { isMove } from "./input-facts.ts";
import { inputLimits, type InputMessage, type KeyLocks } from "./protocol.ts";

/** The keyboard and pointer as one viewer holds them. Every call is synchronous and cheap. */
export interface InputSeat {
  motion(x: number, y: number): void;
  /** Moves the pointer by a distance in pixels. */
  motionBy(dx: number, dy: number): void;
  /** Without a place: where the pointer is. */
  button(button: number, pressed: boolean, x?: number, y?: number): void;
  wheel(dx: number, dy: number, x?: number, y?: number): void;
  /** `locks`: how the locks of the viewer's keyboard are at this key. */
  key(keysym: number, code: string, pressed: boolean, locks?: KeyLocks): void;
  /** Types text, one character after the other. */
  text(text: string): void;
  /** Lets go of everything this viewer holds. */
  releaseAll(): void;
  /** Lets go of everything and ends the seat; idempotent. */
  close(): void;
}

/**
 * Applies a viewer's input in the order in which it was meant, and releases what a viewer holds who does not answer for it.
 *
 * Motion travels on a channel of its own that neither orders nor repeats. One that was overtaken by anything newer that moves
 * the pointer would move it back, so it is dropped. One that has overtaken clicks and drags, which all count and arrive in
 * order, would be undone by them: so the pointer goes there again after each, and for the first time when no button is held
 * any more, lest something is dragged or drawn there.
 *
 * A page whose thread hangs, or whose process is stopped, keeps its connection for a long time. So pages say what they hold
 * once a second; after {@link inputLimits.heldTimeoutMs} without a word of input it is released.
 */
export class InputSequence {
  readonly #seat: InputSeat;
  readonly #clock: Clock;
  readonly #held = new HeldInput();
  /** Number of the newest message that moves the pointer. */
  #newest = -1;
  /** The place that it said, if it was a motion; and whether the pointer is elsewhere. */
  #goal: { x: number; y: number } | undefined;
  #isAside = false;
  /** Sums of the latest relative motion. */
  #sum = { x: 0, y: 0 };
  #heardMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(seat: InputSeat, clock: Clock) {
    this.#seat = seat;
    this.#clock = clock;
  }

  apply(message: InputMessage): void {
    this.#heardMs = this.#clock.nowMs();
    const isOvertaken = isMove(message) && message.seq <= this.#newest;
    if (!isOvertaken) this.#follow(message);
    else if (message.type !== "motion") this.#isAside = true;
    this.#dispatch(message, isOvertaken);
    this.#goBack();
    if (this.#held.any) this.#watch(inputLimits.heldTimeoutMs);
  }

  /** Passes over a message of a viewer who may not act: what it moves later begins where its pointer is then. */
  skip(message: InputMessage): void {
    if (isMove(message) && message.seq > this.#newest) this.#follow(message);
    this.#goal = undefined;
    if (message.type === "motion-relative")
      this.#sum = { x: message.x, y: message.y };
  }

  /** Lets go of everything that the viewer holds, and leaves the pointer where it is. */
  release(): void {
    this.#goal = undefined;
    this.#releaseAll();
  }

  /** Ends the watch; what is held is the seat's to release. Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Takes note of a message that nothing newer has overtaken. */
  #follow(message: InputMessage): void {
    if (!isMove(message)) return;
    this.#newest = message.seq;
    const { type } = message;
    this.#goal = type === "motion" ? { x: message.x, y: message.y } : undefined;
    this.#isAside = type === "motion";
  }

  /** Brings the pointer to its goal, where it is not there. */
  #goBack(): void {
    if (!this.#isAside || this.#held.anyButton) return;
    this.#isAside = false;
    if (this.#goal !== undefined) this.#seat.motion(this.#goal.x, this.#goal.y);
  }

  #dispatch(message: InputMessage, isOvertaken: boolean): void {
    switch (message.type) {
      case "motion":
        break; // It has become the goal, or comes too late.
      case "motion-relative":
        if (!isOvertaken) this.#moveTo(message.x, message.y);
        break;
      case "path":
        for (let index = 0; index + 1 < message.points.length; index += 2)
          this.#seat.motion(
            message.points[index] ?? 0,
            message.points[index + 1] ?? 0,
          );
        break;
      case "button": {
        const { button, pressed, x, y } = message;
        this.#held.button(button, pressed);
        this.#seat.button(button, pressed, x, y);
        break;
      }
      case "wheel":
        this.#seat.wheel(message.dx, message.dy, message.x, message.y);
        break;
      case "key": {
        const { keysym, code, pressed, locks } = message;
        this.#held.key(code, pressed, inputLimits.heldKeys);
        this.#seat.key(keysym, code, pressed, locks);
        break;
      }
      case "text":
        this.#seat.text(message.text);
        break;
      case "held":
        this.#release(this.#held.notIn(message));
        break;
      case "release-all":
        this.#releaseAll();
        break;
    }
  }

  #releaseAll(): void {
    this.#held.clear();
    this.#seat.releaseAll();
  }

  #moveTo(x: number, y: number): void {
    const { x: fromX, y: fromY } = this.#sum;
    this.#sum = { x, y };
    this.#seat.motionBy(x - fromX, y - fromY);
  }

  #release({ codes, buttons }: Held): void {
    for (const code of codes) {
      this.#held.key(code, false, inputLimits.heldKeys);
      this.#seat.key(anyKeysym, code, false);
    }
    for (const button of buttons) {
      this.#held.button(button, false);
      this.#seat.button(button, false);
    }
  }

  #watch(waitMs: number): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const silentMs = this.#clock.nowMs() - this.#heardMs;
      if (!this.#held.any) return;
      if (silentMs < inputLimits.heldTimeoutMs) {
        this.#watch(inputLimits.heldTimeoutMs - silentMs);
        return;
      }
      this.release();
    }, waitMs);
  }
}

/** A release is for a physical key, whatever it means. */
const anyKeysym = 1;
