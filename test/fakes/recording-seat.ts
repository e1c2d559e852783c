/**
 * A keyboard and pointer that write down what is done with them.
 */
import type { InputSeat } from "../../signaling/input.ts";
import type { KeyLocks } from "../../signaling/protocol.ts";

export class RecordingSeat implements InputSeat {
  readonly calls: string[] = [];
  /** Thrown by keys and buttons while set, as when the display is gone. */
  failure: Error | undefined;

  motion(x: number, y: number): void {
    this.calls.push(`motion ${x},${y}`);
  }

  motionBy(dx: number, dy: number): void {
    this.calls.push(`motion by ${dx},${dy}`);
  }

  button(button: number, pressed: boolean, x?: number, y?: number): void {
    this.#failWhereAsked();
    const place = x === undefined || y === undefined ? "here" : `${x},${y}`;
    this.calls.push(`button ${button} ${pressed ? "down" : "up"} ${place}`);
  }

  wheel(dx: number, dy: number, x?: number, y?: number): void {
    this.#failWhereAsked();
    const place = x === undefined || y === undefined ? "here" : `at ${x},${y}`;
    this.calls.push(`wheel ${dx},${dy} ${place}`);
  }

  key(keysym: number, code: string, pressed: boolean, locks?: KeyLocks): void {
    this.#failWhereAsked();
    const lock = locks === undefined ? "" : ` caps ${String(locks.capsLock)}`;
    this.calls.push(`key ${keysym} ${code} ${pressed ? "down" : "up"}${lock}`);
  }

  text(text: string): void {
    this.#failWhereAsked();
    this.calls.push(`text ${text}`);
  }

  releaseAll(): void {
    this.calls.push("release all");
  }

  close(): void {
    this.calls.push("close");
  }

  #failWhereAsked(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
