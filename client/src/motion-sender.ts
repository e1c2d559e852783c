/**
 * Pointer motion in three kinds: to a place, by a distance while the pointer is locked, and every place while drawing.
 */
import { inputLimits, type InputMessage } from "../../signaling/protocol.ts";
import type { Point } from "./geometry.ts";
import type { InputPaths } from "./input-paths.ts";

/** Motion waits while more than this waits in its channel: what is late is worthless. */
const maxBufferedBytes = 16_384;
/** Mice may report 8000 times a second; screens show a fraction of it, and the agent has a limit. */
const intervalMs = 2;
/** After this much quiet the last position is sent again, as its channel may have lost it. */
const repeatMs = 40;
/** Places of a drawing are gathered for this long. */
const pathIntervalMs = 4;

/** See the module's description. */
export class MotionSender {
  readonly #paths: InputPaths;
  readonly #next: () => number;
  readonly #path: number[] = [];
  #pending: Point | "relative" | undefined;
  /** Sent, and to be sent once more. */
  #unproven: InputMessage | undefined;
  #lastMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pathTimer: ReturnType<typeof setTimeout> | undefined;
  /** Distances since the connection began; fractions of pixels add up. */
  #sum: Point = { x: 0, y: 0 };

  /** @param options.next numbers a message. */
  constructor(options: { paths: InputPaths; next: () => number }) {
    this.#paths = options.paths;
    this.#next = options.next;
  }

  /** Positions that come too fast or find the channel full are replaced by later ones. */
  to({ x, y }: Point): void {
    this.#pending = { x, y };
    this.#flush();
  }

  /** Distances in pixels, fractions included; none is lost. */
  by(dx: number, dy: number): void {
    this.#sum = { x: this.#sum.x + dx, y: this.#sum.y + dy };
    this.#pending = "relative";
    this.#flush();
  }

  /** Every place, in order. Where they come faster than they can leave, every second one is left out. */
  along(points: readonly Point[]): void {
    this.#supersede();
    for (const { x, y } of points) this.#path.push(x, y);
    if (this.#path.length >= 2 * inputLimits.pathPoints) this.#flushPath();
    else
      this.#pathTimer ??= setTimeout(() => {
        this.#flushPath();
      }, pathIntervalMs);
  }

  /** Another message says where the pointer is, after what waits here for its order's sake. */
  settle(): void {
    this.#flushPath();
    const isRelative =
      this.#pending === "relative" ||
      this.#unproven?.type === "motion-relative";
    this.#supersede();
    if (isRelative) this.#paths.sendReliably(this.#message());
  }

  /** Another connection: its agent counts from nothing. */
  restart(): void {
    this.#sum = { x: 0, y: 0 };
    this.#forget();
  }

  close(): void {
    this.#forget();
  }

  #forget(): void {
    this.#supersede();
    clearTimeout(this.#pathTimer);
    this.#pathTimer = undefined;
    this.#path.length = 0;
  }

  /** Something else says where the pointer is. */
  #supersede(): void {
    clearTimeout(this.#timer);
    this.#pending = undefined;
    this.#unproven = undefined;
  }

  #flush(): void {
    if (this.#pending === undefined) return;
    const waitMs = this.#lastMs + intervalMs - performance.now();
    if (waitMs > 0 || this.#paths.motionBufferedBytes > maxBufferedBytes) {
      this.#after(Math.max(waitMs, intervalMs), () => {
        this.#flush();
      });
      return;
    }
    this.#lastMs = performance.now();
    const message = this.#message();
    this.#pending = undefined;
    this.#unproven = message;
    this.#paths.sendMotion(message);
    // With the same number: the agent drops it where the first one arrived.
    this.#after(repeatMs, () => {
      this.#unproven = undefined;
      this.#paths.sendMotion(message);
    });
  }

  #message(): InputMessage {
    const seq = this.#next();
    if (this.#pending !== undefined && this.#pending !== "relative")
      return { type: "motion", seq, ...this.#pending };
    const [x, y] = [Math.trunc(this.#sum.x), Math.trunc(this.#sum.y)];
    return { type: "motion-relative", seq, x, y };
  }

  #flushPath(): void {
    clearTimeout(this.#pathTimer);
    this.#pathTimer = undefined;
    const bound = 2 * inputLimits.pathPoints;
    if (this.#paths.inputBufferedBytes > maxBufferedBytes)
      thin(this.#path, bound);
    while (this.#path.length > 0)
      this.#paths.sendReliably({
        type: "path",
        seq: this.#next(),
        points: this.#path.splice(0, bound),
      });
  }

  #after(delayMs: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, delayMs);
  }
}

/** Takes out every second place, but never the last, until no more than `bound` numbers are left. */
export function thin(path: number[], bound: number): void {
  while (path.length > bound / 4) {
    const last = path.length / 2 - 1;
    const kept: number[] = [];
    for (let place = 0; place <= last; place += 1) {
      if ((last - place) % 2 === 0)
        kept.push(path[2 * place] ?? 0, path[2 * place + 1] ?? 0);
    }
    path.splice(0, path.length, ...kept);
  }
}
