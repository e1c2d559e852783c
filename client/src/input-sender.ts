/**
 * Sends input, numbered across all its ways, and says once a second what is held.
 */
import {
  inputLimits,
  type InputMessage,
  type KeyLocks,
} from "../../signaling/protocol.ts";
import type { Point } from "./geometry.ts";
import {
  InputPaths,
  type FallbackPath,
  type InputChannel,
} from "./input-paths.ts";
import { MotionSender } from "./motion-sender.ts";
import type { ButtonChange, X11Button } from "./pointer-buttons.ts";
import type { Notches } from "./wheel.ts";

export type { FallbackPath, InputChannel } from "./input-paths.ts";

/** A held key repeats in the session by itself; the browser's repetitions are for those few keys that cannot. */
const repeatIntervalMs = 30;

/** See the module's description. */
export class InputSender {
  readonly #paths = new InputPaths();
  readonly #motion: MotionSender;
  readonly #codes = new Set<string>();
  readonly #buttons = new Set<X11Button>();
  #seq = 0;
  #repeatedMs = -Infinity;
  #beat: ReturnType<typeof setInterval> | undefined;
  /** Whether the page still hears of keys and buttons that are let go; asked before each word of what is held. */
  mayHold: () => boolean = () => true;
  /** Called where it does not: all is to be let go. */
  onDeaf: (() => void) | undefined;

  constructor() {
    this.#motion = new MotionSender({
      paths: this.#paths,
      next: () => this.#next(),
    });
  }

  /** Called when keys and buttons may have been lost with their channel. */
  get onPathLost(): (() => void) | undefined {
    return this.#paths.onLost;
  }

  set onPathLost(listener: (() => void) | undefined) {
    this.#paths.onLost = listener;
  }

  /** Sets the WebSocket that input falls back to. */
  useFallback(fallback: FallbackPath | undefined): void {
    this.#paths.useFallback(fallback);
    this.#forgetHeld();
    this.#motion.restart();
  }

  /** Takes a channel that the agent opened; one with an unknown label is left alone. */
  useChannel(channel: InputChannel): void {
    this.#paths.useChannel(channel);
  }

  /** Forgets the channels of a connection that has ended. */
  dropChannels(): void {
    this.#paths.dropChannels();
  }

  /** Whether a key or a button is down in the session. */
  get isHolding(): boolean {
    return this.#codes.size > 0 || this.#buttons.size > 0;
  }

  /** Moves the pointer. Positions that come too fast or find the channel full are replaced by later ones. */
  motion(point: Point): void {
    this.#motion.to(point);
  }

  /** Moves a locked pointer by a distance in pixels. */
  motionBy(dx: number, dy: number): void {
    this.#motion.by(dx, dy);
  }

  /** Moves the pointer along every one of these places. */
  path(points: readonly Point[]): void {
    this.#motion.along(points);
  }

  /** Without a place: where the pointer is. */
  button(change: ButtonChange, point?: Point): void {
    this.#motion.settle(); // The message below carries a newer position.
    if (change.pressed) this.#buttons.add(change.button);
    else this.#buttons.delete(change.button);
    this.#send({ type: "button", seq: this.#next(), ...change, ...at(point) });
    this.#followHeld();
  }

  wheel(notches: Notches, point?: Point): void {
    this.#motion.settle();
    this.#send({ type: "wheel", seq: this.#next(), ...notches, ...at(point) });
  }

  /** @param locks the locks of this keyboard at the press, where they are known. */
  key(keysym: number, code: string, pressed: boolean, locks?: KeyLocks): void {
    if (pressed && this.#codes.has(code) && !this.#mayRepeat()) return;
    if (!pressed) this.#codes.delete(code);
    else if (this.#codes.size < inputLimits.heldKeys) this.#codes.add(code);
    this.#send({
      type: "key",
      seq: this.#next(),
      keysym,
      code,
      pressed,
      ...(pressed && locks !== undefined ? { locks } : {}),
    });
    this.#followHeld();
  }

  /** Types text, whatever its length. */
  text(text: string): void {
    for (const part of partsOf(text, inputLimits.textLength))
      this.#send({ type: "text", seq: this.#next(), text: part });
  }

  releaseAll(): void {
    this.#forgetHeld();
    this.#send({ type: "release-all", seq: this.#next() });
  }

  /** Ends what is under way; idempotent. */
  close(): void {
    this.#forgetHeld();
    this.#motion.close();
    this.#paths.close();
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #send(message: InputMessage): void {
    this.#paths.sendReliably(message);
  }

  /** Repetitions must not pile up where the way is slow, and go on after the key was let go. */
  #mayRepeat(): boolean {
    const nowMs = performance.now();
    if (
      this.#paths.inputBufferedBytes > 0 ||
      nowMs - this.#repeatedMs < repeatIntervalMs
    )
      return false;
    this.#repeatedMs = nowMs;
    return true;
  }

  #followHeld(): void {
    if (!this.isHolding) {
      this.#forgetHeld();
      return;
    }
    this.#beat ??= setInterval(() => {
      this.#sayHeld();
    }, inputLimits.heldIntervalMs);
  }

  /** The word keeps what is held down in the session: it must not come from a page that cannot let go. */
  #sayHeld(): void {
    if (!this.mayHold()) {
      this.onDeaf?.();
      if (this.isHolding) this.releaseAll();
      return;
    }
    this.#send({
      type: "held",
      seq: this.#next(),
      codes: [...this.#codes],
      buttons: [...this.#buttons],
    });
  }

  #forgetHeld(): void {
    clearInterval(this.#beat);
    this.#beat = undefined;
    this.#codes.clear();
    this.#buttons.clear();
  }
}

function at(point: Point | undefined): Partial<Point> {
  return point === undefined ? {} : { x: point.x, y: point.y };
}

/** Control characters that are keys and not text; all but line feed and tab. */
// eslint-disable-next-line no-control-regex -- these are the characters that it is for
const controls = /[\0-\x08\x0b-\x1f\x7f]/g;

/** Cuts between characters, without those that a message may not have. */
export function* partsOf(text: string, length: number): Generator<string> {
  let part = "";
  for (const character of text.replace(/\r\n?/g, "\n").replace(controls, "")) {
    if (part.length + character.length > length) {
      yield part;
      part = "";
    }
    part += character;
  }
  if (part !== "") yield part;
}
