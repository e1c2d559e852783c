/**
 * The seats of viewers, whose input `input-injector.ts` brings into the X server.
 */

/** Which locks are on; `numLock` is missing where the viewer has none. */
export interface Locks {
  capsLock: boolean;
  numLock?: boolean | undefined;
}

/** The input of one viewer. All methods return at once and never throw. */
export interface InputSeat extends Disposable {
  /** Moves the pointer; pixels of the screen, clamped to it. */
  motion(x: number, y: number): void;
  /** Moves the pointer by a distance in pixels. */
  motionBy(dx: number, dy: number): void;
  /**
   * Moves the pointer where a place is given, then presses or releases an X button (1 left, 2 middle, 3 right, 8 back,
   * 9 forward).
   */
  button(button: number, pressed: boolean, x?: number, y?: number): void;
  /** Wheel notches at a place; positive `dy` is down, positive `dx` right; at most 20 each. */
  wheel(dx: number, dy: number, x?: number, y?: number): void;
  /**
   * A key: its keysym in the viewer's layout, and the physical key that it is (`KeyboardEvent.code`). `locks`: how the
   * locks of the viewer's keyboard are; those of the session are set to the same before the press.
   */
  key(keysym: number, code: string, pressed: boolean, locks?: Locks): void;
  /** Types text; line feeds are Return, and what is no character is left out. */
  text(text: string): void;
  /** Releases what this viewer holds. */
  releaseAll(): void;
  /** {@link releaseAll}, and the end of the seat: later calls do nothing. */
  close(): void;
}

/** Hands out seats. */
export interface InputInjector extends Disposable {
  openSeat(): InputSeat;
  /** Closes all seats and gives lent keycodes back. The connection stays open. */
  close(): void;
}
