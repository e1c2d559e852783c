/**
 * Pointer motion, buttons and wheel of viewers. Pure but for its sink.
 */
import { HeldCounts } from "./held-counts.ts";

/** Where pointer events go, in this order, at once. */
export interface PointerSink {
  fakeMotion(x: number, y: number): void;
  fakeMotionBy(dx: number, dy: number): void;
  fakeButton(button: number, pressed: boolean): void;
}

/** Notches of one message beyond this are dropped. */
const maxNotches = 20;
/** Pixels; INT16 in the protocol. */
const maxDistance = 32_767;
/** X buttons that stand for one wheel notch. */
const wheelButtons = { up: 4, down: 5, left: 6, right: 7 } as const;

/**
 * The pointer that all seats share: a button is down for as long as any of them holds it. Places are pixels of the screen,
 * and are clamped to it; distances are pixels, at most {@link maxDistance} each way.
 */
export class PointerInjector {
  readonly #sink: PointerSink;
  readonly #screen: () => Readonly<{ width: number; height: number }>;
  readonly #counts = new HeldCounts();

  constructor(
    sink: PointerSink,
    screen: () => Readonly<{ width: number; height: number }>,
  ) {
    this.#sink = sink;
    this.#screen = screen;
  }

  /** Moves to a place, clamped to the screen. */
  move(x: number, y: number): void {
    const { width, height } = this.#screen();
    this.#sink.fakeMotion(clamp(x, width), clamp(y, height));
  }

  /** Moves by a distance; nobody's hand moves farther at once than the bound. */
  moveBy(dx: number, dy: number): void {
    const [x, y] = [dx, dy].map((distance) =>
      Math.min(Math.max(Math.trunc(distance), -maxDistance), maxDistance),
    );
    this.#sink.fakeMotionBy(x ?? 0, y ?? 0);
  }

  /** Presses for the first and releases for the last viewer who holds the button; `held` is this viewer's. */
  button(held: Set<number>, button: number, pressed: boolean): void {
    if (pressed === held.has(button)) return;
    if (pressed) held.add(button);
    else held.delete(button);
    const changes = pressed
      ? this.#counts.add(button)
      : this.#counts.remove(button);
    if (changes) this.#sink.fakeButton(button, pressed);
  }

  releaseAll(held: Set<number>): void {
    for (const button of [...held]) this.button(held, button, false);
  }

  wheel(dx: number, dy: number): void {
    this.#notches(dy, wheelButtons.up, wheelButtons.down);
    this.#notches(dx, wheelButtons.left, wheelButtons.right);
  }

  #notches(count: number, negative: number, positive: number): void {
    const button = count < 0 ? negative : positive;
    const notches = Math.min(Math.abs(Math.trunc(count)), maxNotches);
    for (let notch = 0; notch < notches; notch += 1) {
      this.#sink.fakeButton(button, true);
      this.#sink.fakeButton(button, false);
    }
  }
}

function clamp(value: number, size: number): number {
  return Math.min(Math.max(Math.trunc(value), 0), size - 1);
}
