/**
 * Empties a FIFO that nobody reads yet.
 *
 * What was played while there was no reader stays in it, up to 64 KiB (170 ms of stereo floats, 57 ms of 5.1): a reader
 * that began with this would be late by as much for as long as the sound lasts.
 */
import { closeSync, constants, openSync, readSync } from "node:fs";
import { StreamSpaceError, systemCodeOf } from "../../agent/base/errors.ts";

/** How often the FIFO is emptied; half of what the sound server writes at once. */
const everyMs = 5;
/** A FIFO holds no more, see pipe(7). */
const fifoBytes = 65_536;

/**
 * Throws away what is in `fifo` and what comes into it, until the returned function is called.
 * A reader that waits in a blocking read meanwhile is served before this.
 * @throws StreamSpaceError `sound-unreachable` where there is no such FIFO.
 */
export function drainFifo(fifo: string): () => void {
  const descriptor = open(fifo);
  const scratch = Buffer.allocUnsafe(fifoBytes);
  const drain = (): void => {
    try {
      while (readSync(descriptor, scratch) > 0);
    } catch (error) {
      // Empty. Anything else is for the reader that follows to report.
      if (systemCodeOf(error) !== "EAGAIN") stop();
    }
  };
  let isOpen = true;
  const timer = setInterval(drain, everyMs);
  const stop = (): void => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(timer);
    closeSync(descriptor);
  };
  drain();
  return stop;
}

function open(fifo: string): number {
  try {
    return openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new StreamSpaceError(
      "sound-unreachable",
      "the sound server's FIFO cannot be read",
      { cause },
    );
  }
}
