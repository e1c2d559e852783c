/**
 * Reads a child's output no faster than a bound: a driver that writes without end would otherwise keep the agent
 * busy with cutting lines, and every viewer would wait for it.
 */
import type { Readable } from "node:stream";

/** What is read of one stream in {@link floodWindowMs}, but for the chunk that crosses the bound (64 KiB). */
export const floodBytes = 1_048_576;
/** A stream that was paused goes on at the end of such a window. */
export const floodWindowMs = 250;

/** Delivers the chunks of a stream, and pauses it while it is beyond its bound. */
export class FloodGate {
  readonly #stream: Readable;
  readonly #onFlood: () => void;
  #bytes = 0;
  #windowEndMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOpen = false;

  /** @param options.onFlood called each time the stream is paused. */
  constructor(
    stream: Readable,
    options: { onChunk: (chunk: Buffer) => void; onFlood: () => void },
  ) {
    this.#stream = stream;
    this.#onFlood = options.onFlood;
    stream.on("data", (chunk: Buffer) => {
      options.onChunk(chunk);
      this.#count(chunk.length);
    });
  }

  /** Lets everything through that is still there: its writer is gone, so it has an end. */
  open(): void {
    this.#isOpen = true;
    clearTimeout(this.#timer);
    this.#stream.resume();
  }

  #count(bytes: number): void {
    const nowMs = performance.now();
    if (nowMs >= this.#windowEndMs) {
      this.#windowEndMs = nowMs + floodWindowMs;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    if (this.#bytes < floodBytes || this.#isOpen || this.#stream.isPaused())
      return;
    this.#stream.pause();
    this.#onFlood();
    this.#timer = setTimeout(() => {
      this.#stream.resume();
    }, this.#windowEndMs - nowMs);
  }
}
