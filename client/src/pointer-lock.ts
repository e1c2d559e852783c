/**
 * The Pointer Lock API: the mouse moves without a place, as games and 3D programs want it.
 */

/** `unadjustedMovement` (Pointer Lock 2.0) leaves out the acceleration of the viewer's system. */
type Request = (options?: {
  unadjustedMovement: boolean;
}) => Promise<void> | undefined;

/** See the module's description. */
export class PointerLock {
  readonly #element: HTMLElement;
  readonly #ending = new AbortController();

  /** @param onChange called after each beginning and end. */
  constructor(element: HTMLElement, onChange: (active: boolean) => void) {
    this.#element = element;
    document.addEventListener(
      "pointerlockchange",
      () => {
        onChange(this.active);
      },
      { signal: this.#ending.signal },
    );
  }

  /** Phones have no mouse to lock. */
  get available(): boolean {
    return "requestPointerLock" in this.#element;
  }

  get active(): boolean {
    return document.pointerLockElement === this.#element;
  }

  /** @returns whether the browser did it; it refuses without a gesture, and for a moment after the user has ended it. */
  async request(): Promise<boolean> {
    const request = this.#element.requestPointerLock.bind(
      this.#element,
    ) as Request;
    try {
      await request({ unadjustedMovement: true });
    } catch {
      try {
        await request(); // Some systems cannot leave the acceleration out.
      } catch {
        return false; // The browser said no; the pointer stays as it was.
      }
    }
    return true;
  }

  /** The user can always end it with Escape. */
  release(): void {
    if (this.active) document.exitPointerLock();
  }

  close(): void {
    this.release();
    this.#ending.abort();
  }
}
