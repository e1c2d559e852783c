/**
 * Moves large contents over the WebSocket, beside its messages: the same code in the agent and in the page.
 *
 * A transfer is cut into frames: its number (32 bits, big endian), then up to {@link bulkLimits.frameBytes} of content.
 * The receiver acknowledges what it has dealt with, and the sender keeps no more than {@link bulkLimits.windowBytes}
 * under way, so that neither a slow disk nor a slow network makes memory grow, and other messages wait for at most
 * one window. Over the WebSocket and not a data channel: SCTP would share the path of the media, and its stack in the
 * agent is slower than the kernel's TCP.
 */
import type { BulkEnding, BulkMessage } from "./bulk.ts";

/** Bounds that both sides keep to. */
export const bulkLimits = {
  /** Content of a frame. */
  frameBytes: 65_536,
  /** Content that may be under way; less than what the agent lets a socket buffer. */
  windowBytes: 524_288,
  /** The receiver acknowledges at least this often. */
  ackEveryBytes: 131_072,
  /** A transfer without progress for so long has failed. */
  idleTimeoutMs: 15_000,
  /** Transfers that one side may have open at a time, each way. */
  transfers: 8,
} as const;

/** Bytes of a frame before its content. */
export const bulkHeaderBytes = 4;

/** A transfer that did not reach its end. */
export class BulkError extends Error {
  readonly reason: BulkEnding;

  constructor(reason: BulkEnding) {
    super(`the transfer ended early: ${reason}`);
    this.name = "BulkError";
    this.reason = reason;
  }
}

/** What a channel needs of the socket. Neither may throw. */
export interface BulkWire {
  sendFrame(frame: Uint8Array<ArrayBuffer>): void;
  sendMessage(message: BulkMessage): void;
}

/** Content in pieces of any size. */
export type BulkContent = Uint8Array | AsyncIterable<Uint8Array>;

/** How a transfer is followed and called off. */
export interface BulkOptions {
  signal?: AbortSignal;
  /** Told of the bytes that the receiver has dealt with so far. Must not throw. */
  onProgress?: (bytes: number) => void;
}

/** How a transfer is received. */
export interface BulkReceiveOptions extends BulkOptions {
  /** Size that was announced; another is a failure (`too-large`, or `failed` where less came). */
  bytes: number;
  /** Takes the content in order; what it returns is waited for before more is acknowledged. */
  onChunk: (chunk: Uint8Array) => void | Promise<void>;
}

/** See the module's description. */
export class BulkChannel {
  readonly #wire: BulkWire;
  readonly #sending = new Map<number, Sending>();
  readonly #receiving = new Map<number, Receiving>();
  #nextTransfer: number;
  #isClosed = false;

  /** @param side decides the numbers of its transfers. */
  constructor(side: "agent" | "viewer", wire: BulkWire) {
    this.#wire = wire;
    this.#nextTransfer = side === "agent" ? 0 : 1;
  }

  /**
   * Begins to send. The transfer is to be announced before this turn of the event loop ends.
   * @returns its number, and the promise of its end: all bytes acknowledged.
   * @throws BulkError (from `done`) where either side gives it up, or nothing moves for too long.
   */
  send(
    content: BulkContent,
    options: BulkOptions = {},
  ): { transfer: number; done: Promise<void> } {
    const transfer = this.#nextTransfer;
    this.#nextTransfer = (transfer + 2) % 2 ** 32;
    const sending = new Sending(transfer, this.#wire, options);
    if (this.#isClosed) sending.fail("closed");
    else if (this.#sending.size >= bulkLimits.transfers)
      sending.fail("overrun");
    else this.#sending.set(transfer, sending);
    const done = sending.run(content).finally(() => {
      this.#sending.delete(transfer);
    });
    return { transfer, done };
  }

  /**
   * Receives a transfer that was announced.
   * @throws BulkError as {@link send}.
   */
  async receive(transfer: number, options: BulkReceiveOptions): Promise<void> {
    const receiving = new Receiving(transfer, this.#wire, options);
    if (this.#isClosed) receiving.fail("closed");
    else if (
      this.#receiving.has(transfer) ||
      this.#receiving.size >= bulkLimits.transfers
    ) {
      this.#wire.sendMessage({ type: "bulk-end", transfer, reason: "overrun" });
      throw new BulkError("overrun");
    } else this.#receiving.set(transfer, receiving);
    try {
      await receiving.done;
    } finally {
      this.#receiving.delete(transfer);
    }
  }

  /**
   * A binary message. One of a transfer that nobody waits for any more is dropped.
   * @returns whether it is a frame at all.
   */
  onFrame(frame: Uint8Array): boolean {
    if (frame.length < bulkHeaderBytes) return false;
    const view = new DataView(frame.buffer, frame.byteOffset, bulkHeaderBytes);
    this.#receiving
      .get(view.getUint32(0))
      ?.onContent(frame.subarray(bulkHeaderBytes));
    return true;
  }

  onMessage(message: BulkMessage): void {
    const { transfer } = message;
    if (message.type === "bulk-ack") {
      this.#sending.get(transfer)?.onAck(message.bytes);
      return;
    }
    this.#sending.get(transfer)?.fail(message.reason);
    this.#receiving.get(transfer)?.fail(message.reason);
  }

  /** Ends every transfer as `closed`; idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const end of [...this.#sending.values(), ...this.#receiving.values()])
      end.fail("closed");
  }
}

/** What both ends of a transfer have: a deadline that progress puts off, and one end. */
abstract class TransferEnd {
  readonly transfer: number;
  protected readonly wire: BulkWire;
  protected readonly options: BulkOptions;
  readonly #end = Promise.withResolvers<undefined>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(transfer: number, wire: BulkWire, options: BulkOptions) {
    this.transfer = transfer;
    this.wire = wire;
    this.options = options;
    this.#end.promise.catch(() => undefined); // Whoever waits hears of it.
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.progressed();
    if (options.signal?.aborted === true) this.give("cancelled");
  }

  get done(): Promise<undefined> {
    return this.#end.promise;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  readonly #onAbort = (): void => {
    this.give("cancelled");
  };

  /** Puts the deadline off. */
  protected progressed(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    this.#timer = setTimeout(() => {
      this.give("timeout");
    }, bulkLimits.idleTimeoutMs);
  }

  protected succeed(): void {
    if (this.#over()) this.#end.resolve(undefined);
  }

  /** Fails, and tells the other side. */
  protected give(reason: BulkEnding): void {
    if (this.#isOver) return;
    const { transfer } = this;
    this.wire.sendMessage({ type: "bulk-end", transfer, reason });
    this.fail(reason);
  }

  fail(reason: BulkEnding): void {
    if (this.#over()) this.#end.reject(new BulkError(reason));
  }

  #over(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.options.signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }
}

class Sending extends TransferEnd {
  #sentBytes = 0;
  #ackedBytes = 0;
  #isWhole = false;
  #room: (() => void) | undefined;

  onAck(bytes: number): void {
    if (this.isOver || bytes <= this.#ackedBytes) return;
    if (bytes > this.#sentBytes) {
      this.give("overrun");
      return;
    }
    this.#ackedBytes = bytes;
    this.progressed();
    this.options.onProgress?.(bytes);
    this.#room?.();
    if (this.#isWhole && bytes === this.#sentBytes) this.succeed();
  }

  override fail(reason: BulkEnding): void {
    super.fail(reason);
    this.#room?.();
  }

  async run(content: BulkContent): Promise<void> {
    try {
      // The announcement goes first.
      await Promise.resolve();
      if (content instanceof Uint8Array) await this.#sendPiece(content);
      else
        for await (const piece of content) {
          await this.#sendPiece(piece);
          if (this.isOver) break;
        }
      this.#isWhole = true;
      if (this.#ackedBytes === this.#sentBytes) this.succeed();
    } catch {
      this.give("failed"); // The source broke; its owner has its error.
    }
    await this.done;
  }

  async #sendPiece(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length;) {
      const roomBytes =
        bulkLimits.windowBytes - (this.#sentBytes - this.#ackedBytes);
      if (this.isOver) return;
      if (roomBytes < bulkLimits.frameBytes) {
        await new Promise<void>((resolve) => {
          this.#room = resolve;
        });
        continue;
      }
      const end = Math.min(at + bulkLimits.frameBytes, piece.length);
      const frame = new Uint8Array(bulkHeaderBytes + end - at);
      new DataView(frame.buffer).setUint32(0, this.transfer);
      frame.set(piece.subarray(at, end), bulkHeaderBytes);
      this.#sentBytes += end - at;
      at = end;
      this.wire.sendFrame(frame);
    }
  }
}

class Receiving extends TransferEnd {
  readonly #bytes: number;
  readonly #onChunk: BulkReceiveOptions["onChunk"];
  #arrivedBytes = 0;
  #takenBytes = 0;
  #ackedBytes = 0;
  #taking: Promise<void> = Promise.resolve();

  constructor(transfer: number, wire: BulkWire, options: BulkReceiveOptions) {
    super(transfer, wire, options);
    this.#bytes = options.bytes;
    this.#onChunk = options.onChunk;
    if (options.bytes === 0) this.succeed();
  }

  onContent(content: Uint8Array): void {
    if (this.isOver) return;
    this.#arrivedBytes += content.length;
    if (this.#arrivedBytes > this.#bytes) {
      this.give("too-large");
      return;
    }
    if (this.#arrivedBytes - this.#ackedBytes > bulkLimits.windowBytes) {
      this.give("overrun");
      return;
    }
    this.progressed();
    this.#taking = this.#taking.then(() => this.#take(content));
  }

  /** Never rejects. */
  async #take(content: Uint8Array): Promise<void> {
    if (this.isOver) return;
    try {
      await this.#onChunk(content);
    } catch {
      this.give("failed"); // Whoever takes the content knows its own error.
      return;
    }
    this.#takenBytes += content.length;
    this.options.onProgress?.(this.#takenBytes);
    const isWhole = this.#takenBytes === this.#bytes;
    if (
      isWhole ||
      this.#takenBytes - this.#ackedBytes >= bulkLimits.ackEveryBytes
    )
      this.#acknowledge();
    if (isWhole) this.succeed();
  }

  #acknowledge(): void {
    if (this.isOver) return;
    this.#ackedBytes = this.#takenBytes;
    const { transfer } = this;
    this.wire.sendMessage({
      type: "bulk-ack",
      transfer,
      bytes: this.#takenBytes,
    });
  }
}
