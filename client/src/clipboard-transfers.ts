/**
 * Contents over one connection: each request has one answer, and a deadline that progress puts off.
 */
import { BulkError } from "../../signaling/protocol/bulk-channel.ts";
import type {
  ClipboardFormat,
  ClipboardRefusal,
  ServerMessage,
} from "../../signaling/protocol.ts";
import type { Contents } from "./clipboard-contents.ts";
import type { AgentLink } from "./feature.ts";

/** Contents that did not get to the other side. */
export class ClipboardError extends Error {
  readonly reason: ClipboardRefusal;

  constructor(reason: ClipboardRefusal) {
    super(`the clipboard was not carried over: ${reason}`);
    this.name = "ClipboardError";
    this.reason = reason;
  }
}

/**
 * The agent's programs may take their time with an answer; and a slow network with a piece of what is put. Without any
 * progress for so long it has failed.
 */
export const answerMs = 15_000;

type Content = Extract<ServerMessage, { type: "clipboard-content" }>;
type Refused = Extract<ServerMessage, { type: "clipboard-refused" }>;
type PutDone = Extract<ServerMessage, { type: "clipboard-put-done" }>;

interface Asked<T> {
  resolve: (answer: T) => void;
  reject: (error: ClipboardError) => void;
}

/** See the module's description. */
export class ClipboardTransfers {
  readonly #link: AgentLink;
  readonly #gets = new Map<string, Asked<Content>>();
  readonly #puts = new Map<number, Asked<PutDone>>();
  readonly #ending = new AbortController();
  #lastPut = 0;

  constructor(link: AgentLink) {
    this.#link = link;
  }

  /** @throws ClipboardError */
  async get(
    serial: number,
    format: ClipboardFormat,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { bytes, transfer } = await answered(
      this.#gets,
      `${serial}:${format}`,
      () => {
        this.#link.send({ type: "clipboard-get", serial, format });
      },
    );
    const content = new Uint8Array(bytes);
    let at = 0;
    try {
      await this.#link.bulk.receive(transfer, {
        ...{ bytes, signal: this.#ending.signal },
        onChunk: (chunk) => {
          content.set(chunk, at);
          at += chunk.length;
        },
      });
    } catch (error) {
      throw failureOf(error);
    }
    return content;
  }

  /**
   * Puts contents into the session; they can be pasted there when this resolves.
   * @returns the serial of the session's clipboard with it.
   * @throws ClipboardError
   */
  async put(contents: Contents): Promise<number> {
    this.#lastPut += 1;
    const put = this.#lastPut;
    const sending = new AbortController();
    const signal = AbortSignal.any([sending.signal, this.#ending.signal]);
    try {
      const answer = await answered(this.#puts, put, (onProgress) => {
        const formats = [...contents].map(([format, content]) => {
          const { transfer, done } = this.#link.bulk.send(content, {
            ...{ signal, onProgress },
          });
          done.catch(() => undefined); // The answer says what became of it.
          return { format, bytes: content.length, transfer };
        });
        this.#link.send({ type: "clipboard-put", put, formats });
      });
      if (answer.reason !== undefined) throw new ClipboardError(answer.reason);
      return answer.serial;
    } finally {
      sending.abort();
    }
  }

  onContent(message: Content): void {
    this.#gets.get(`${message.serial}:${message.format}`)?.resolve(message);
  }

  onRefused({ serial, format, reason }: Refused): void {
    this.#gets.get(`${serial}:${format}`)?.reject(new ClipboardError(reason));
  }

  onPutDone(message: PutDone): void {
    this.#puts.get(message.put)?.resolve(message);
  }

  /** Ends all waits; idempotent. */
  close(): void {
    this.#ending.abort();
    for (const { reject } of [...this.#gets.values(), ...this.#puts.values()])
      reject(new ClipboardError("failed"));
  }
}

/**
 * Asks, and waits for the answer to `key`; a second question for the same key ends the first.
 * @param ask gets what puts the deadline off.
 */
async function answered<K, T>(
  waiting: Map<K, Asked<T>>,
  key: K,
  ask: (onProgress: () => void) => void,
): Promise<T> {
  waiting.get(key)?.reject(new ClipboardError("outdated"));
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const asked: Asked<T> = { resolve, reject };
  waiting.set(key, asked);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const wait = (): void => {
    clearTimeout(timer);
    if (isOver) return;
    timer = setTimeout(() => {
      reject(new ClipboardError("failed"));
    }, answerMs);
  };
  wait();
  try {
    ask(wait);
    return await promise;
  } finally {
    isOver = true;
    clearTimeout(timer);
    if (waiting.get(key) === asked) waiting.delete(key);
  }
}

function failureOf(error: unknown): ClipboardError {
  const isTooLarge = error instanceof BulkError && error.reason === "too-large";
  return new ClipboardError(isTooLarge ? "too-large" : "failed");
}
