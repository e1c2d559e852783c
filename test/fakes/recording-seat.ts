/**
 * A keyboard and pointer that write down what is done with them.
 */
import type { InputSeat } from "../../signaling/input.ts";

export class RecordingSeat implements InputSeat {
  readonly calls: string[] = [];
  /** Thrown by keys and buttons while set, as when the display is gone. */
  failure: Error | undefined;

  motion(x: number, y: number): void {
    this.calls.push(`motion ${x},${y}`);
  }

  button(button: number, pressed: boolean, x: number, y: number): void {
    this.#failWhereAsked();
    this.calls.push(`button ${button} ${pressed ? "down" : "up"} ${x},${y}`);
  }

  wheel(dx: number, dy: number, x: number, y: number): void {
    this.#failWhereAsked();
    this.calls.push(`wheel ${dx},${dy} at ${x},${y}`);
  }

  key(keysym: number, code: string, pressed: boolean): void {
    this.#failWhereAsked();
    this.calls.push(`key ${keysym} ${code} ${pressed ? "down" : "up"}`);
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
