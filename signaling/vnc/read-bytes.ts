/**
 * Reads a number of bytes off a stream that is not flowing yet.
 */
import type { Duplex } from "node:stream";
import { withDeadline } from "../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../agent/base/errors.ts";

/** How a read is bounded. */
export interface ReadBounds {
  timeoutMs: number;
  /** What the bytes are, for the message of an error. */
  what: string;
  signal?: AbortSignal;
}

/**
 * The next `count` bytes; what comes behind them stays in the stream.
 * @throws StreamSpaceError `closed` when the stream ends before, `timeout`, `aborted`.
 */
export async function readBytes(
  stream: Duplex,
  count: number,
  bounds: ReadBounds,
): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let done = false;
  const attempt = (): void => {
    // The listener lives a moment longer than the wait: what it read then would be lost.
    if (done) return;
    const bytes = stream.read(count) as Buffer | null;
    // At the end of a stream it gives what is left.
    done = bytes !== null;
    if (bytes?.length === count) resolve(bytes);
    else if (bytes !== null) fail();
  };
  const fail = (): void => {
    reject(
      new StreamSpaceError(
        "closed",
        `the connection ended before ${bounds.what}`,
      ),
    );
  };
  stream.on("readable", attempt);
  stream.once("end", fail).once("close", fail).once("error", fail);
  try {
    if (stream.destroyed || stream.readableEnded) fail();
    else attempt();
    return await withDeadline(promise, bounds);
  } finally {
    stream.off("readable", attempt);
    stream.off("end", fail).off("close", fail).off("error", fail);
  }
}
