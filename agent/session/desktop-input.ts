/**
 * Input seats that outlive the X server: a seat is the viewer's, the injector behind it the display's.
 */
import { StreamSpaceError } from "../base/errors.ts";
import type { InputInjector, InputSeat, Locks } from "../x11/input-seat.ts";

/** Hands out seats, and moves them to another injector when the display was started anew. */
export class DesktopInput {
  readonly #seats = new Set<FollowingSeat>();
  #injector: InputInjector | undefined;

  /** The display is there. */
  attach(injector: InputInjector): void {
    this.#injector = injector;
    for (const seat of this.#seats) seat.follow(injector.openSeat());
  }

  /** The display is gone, and everything that was held on it. */
  detach(): void {
    this.#injector?.close();
    this.#injector = undefined;
    for (const seat of this.#seats) seat.follow(undefined);
  }

  openSeat(): InputSeat {
    const seat = new FollowingSeat(() => {
      this.#seats.delete(seat);
    });
    seat.follow(this.#injector?.openSeat());
    this.#seats.add(seat);
    return seat;
  }
}

class FollowingSeat implements InputSeat {
  readonly #onClose: () => void;
  #seat: InputSeat | undefined;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  follow(seat: InputSeat | undefined): void {
    this.#seat = seat;
  }

  motion(x: number, y: number): void {
    this.#seat?.motion(x, y); // Without a display there is nothing to point at, and more will follow.
  }

  motionBy(dx: number, dy: number): void {
    this.#seat?.motionBy(dx, dy);
  }

  button(button: number, pressed: boolean, x?: number, y?: number): void {
    this.#present().button(button, pressed, x, y);
  }

  wheel(dx: number, dy: number, x?: number, y?: number): void {
    this.#present().wheel(dx, dy, x, y);
  }

  key(keysym: number, code: string, pressed: boolean, locks?: Locks): void {
    this.#present().key(keysym, code, pressed, locks);
  }

  text(text: string): void {
    this.#present().text(text);
  }

  releaseAll(): void {
    this.#seat?.releaseAll();
  }

  close(): void {
    this.#seat?.close();
    this.#seat = undefined;
    this.#onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #present(): InputSeat {
    if (this.#seat === undefined) {
      throw new StreamSpaceError(
        "display-unreachable",
        "the display is being started; this input was lost",
      );
    }
    return this.#seat;
  }
}
