/**
 * The guard between the agent and the `x11` package: nothing is written after the end, no callback is
 * left waiting, and a server that stopped reading cannot fill the memory.
 */
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import type { XClient } from "./connection.ts";

/** Requests that may wait for a server that does not read; more means it hangs. About 4 MB of motion. */
const maxWaitingChunks = 4096;

/** What a request with a reply calls; `true` tells the package that errors are dealt with. */
export type Reply<T> = (error: Error | null | undefined, result: T) => true;

/**
 * Requests to one server. A server that leaves more than {@link maxWaitingChunks} unread is told of by `onOverflow`, and
 * gets no more; whoever is told ends the connection.
 */
export class Wire {
  readonly #client: XClient;
  readonly #onOverflow: () => void;
  readonly #pending = new Set<(error: StreamSpaceError) => void>();
  #closed = false;

  constructor(client: XClient, onOverflow: () => void) {
    this.#client = client;
    this.#onOverflow = onOverflow;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the server reads slower than we write; then pointer motion is better left out. */
  get congested(): boolean {
    return this.#client.pack_stream.write_queue.length > 0;
  }

  /** Sends requests that have no reply; does nothing after the end. */
  send(request: (client: XClient) => void): void {
    if (this.#closed) return;
    if (this.#client.pack_stream.write_queue.length > maxWaitingChunks) {
      this.#onOverflow();
      return;
    }
    request(this.#client);
  }

  /**
   * Sends a request and waits for its reply. The wait ends with the connection; whoever needs a deadline
   * puts one around it.
   * @throws StreamSpaceError `closed`; `internal` when the server refuses the request.
   */
  ask<T>(
    what: string,
    request: (client: XClient, reply: Reply<T>) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(connectionClosed());
        return;
      }
      this.#pending.add(reject);
      request(this.#client, (error, result) => {
        this.#pending.delete(reject);
        if (error) {
          reject(
            new StreamSpaceError(
              "internal",
              `the X server refused ${what}: ${messageOf(error)}`,
              { cause: error },
            ),
          );
        } else {
          resolve(result);
        }
        return true; // "the error was handled": otherwise the package reports it again.
      });
    });
  }

  /** Ends all waits. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const waiting = [...this.#pending];
    this.#pending.clear();
    for (const reject of waiting) reject(connectionClosed());
  }
}

function connectionClosed(): StreamSpaceError {
  return new StreamSpaceError(
    "closed",
    "the connection to the X display ended",
  );
}
