/**
 * The X11 protocol's stream, client side: setup, requests, replies, errors, events (X11 protocol, chapters 8
 * and 1). Little endian throughout; a server of the other kind converts.
 *
 * Not Xlib: it blocks while it waits for a reply and ends the process when the server goes away. Here a
 * reply is a callback, and the end of the server an ordinary event.
 */
import { createConnection, type Socket } from "node:net";
import { StreamSpaceError } from "../../agent/base/errors.ts";
import type { XauthorityEntry } from "../../agent/base/xauthority.ts";
import { parseSetup, setupRequest, type XSetup } from "./x-setup.ts";

/** Everything but the setup comes in units of this size, replies with more behind it. */
const unitBytes = 32;
const setupHeadBytes = 8;
const eventCodes = { error: 0, reply: 1, generic: 35 } as const;
/** Sent by another client with SendEvent. */
const sentEventBit = 0x80;
/** No reply that is asked for here is larger (a cursor image of 256 × 256 is the largest). */
const maxReplyBytes = 1_048_576;

/** An error of the server (X11 protocol, chapter 4). */
export interface XError {
  code: number;
  /** Sequence number of the request that failed. */
  sequence: number;
  majorOpcode: number;
  minorOpcode: number;
}

/** Takes what the server sends. Buffers are valid during the call only. */
export interface XWireHandler {
  onSetup(setup: XSetup): void;
  onEvent(event: Buffer): void;
  /** Everything that arrived in one go has been handed out. */
  onReadEnd(): void;
  /** An error of a request that expects no reply. */
  onError(error: XError): void;
  /** Called once; after it nothing else is. */
  onClosed(error: StreamSpaceError): void;
}

/** What happens with the answer to a request. */
export interface ReplyHandler {
  onReply(reply: Buffer): void;
  onError(error: XError): void;
}

interface PendingReply {
  sequence: number;
  handler: ReplyHandler;
}

/** A connection. Requests may be sent after `onSetup`. */
export class XWire {
  readonly #socket: Socket;
  readonly #handler: XWireHandler;
  readonly #pending: PendingReply[] = [];
  #isSetUp = false;
  #isClosed = false;
  #sequence = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(options: {
    displayNumber: number;
    cookie: XauthorityEntry;
    handler: XWireHandler;
  }) {
    this.#handler = options.handler;
    const path = `/tmp/.X11-unix/X${options.displayNumber}`;
    this.#socket = createConnection({ path });
    this.#socket.on("data", (chunk) => {
      this.#read(chunk);
    });
    this.#socket.on("error", (cause) => {
      this.#close(`the X server does not answer: ${cause.message}`, cause);
    });
    this.#socket.on("close", () => {
      this.#close("the X server closed the connection");
    });
    this.#socket.write(setupRequest(options.cookie));
  }

  /** Sends a request; `handler` gets its reply, and must be absent where there is none. */
  send(request: Buffer, handler?: ReplyHandler): void {
    if (this.#isClosed) return;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    if (handler !== undefined) {
      this.#pending.push({ sequence: this.#sequence, handler });
    }
    this.#socket.write(request);
  }

  /** Holds requests back until {@link flush}, so that several are one packet and one wake-up of the server. */
  cork(): void {
    this.#socket.cork();
  }

  flush(): void {
    this.#socket.uncork();
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #close(reason: string, cause?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    this.#handler.onClosed(
      new StreamSpaceError("display-unreachable", reason, { cause }),
    );
  }

  #read(chunk: Buffer): void {
    let data = chunk;
    if (this.#rest.length > 0) data = Buffer.concat([this.#rest, chunk]);
    let offset = 0;
    while (!this.#isClosed) {
      const bytes = this.#unitAt(data, offset);
      if (bytes === undefined || offset + bytes > data.length) break;
      this.#dispatch(data.subarray(offset, offset + bytes));
      offset += bytes;
    }
    // A copy, because the rest is small and the chunk it lies in is not.
    this.#rest = Buffer.from(data.subarray(offset));
    if (!this.#isClosed) this.#handler.onReadEnd();
  }

  /** Length of the unit that begins at `offset`; `undefined` while too little of it is there. */
  #unitAt(data: Buffer, offset: number): number | undefined {
    const available = data.length - offset;
    if (!this.#isSetUp) {
      if (available < setupHeadBytes) return undefined;
      return setupHeadBytes + data.readUInt16LE(offset + 6) * 4;
    }
    if (available < unitBytes) return undefined;
    const type = data[offset];
    if (type !== eventCodes.reply && type !== eventCodes.generic) {
      return unitBytes;
    }
    const bytes = unitBytes + data.readUInt32LE(offset + 4) * 4;
    if (bytes > maxReplyBytes) {
      this.#close(`the X server announced a reply of ${bytes} bytes`);
      return undefined;
    }
    return bytes;
  }

  #dispatch(unit: Buffer): void {
    if (!this.#isSetUp) {
      this.#setUp(unit);
      return;
    }
    const type = unit[0] ?? 0;
    if (type === eventCodes.reply) {
      this.#takePending(unit.readUInt16LE(2))?.onReply(unit);
    } else if (type === eventCodes.error) {
      const error: XError = {
        code: unit[1] ?? 0,
        sequence: unit.readUInt16LE(2),
        minorOpcode: unit.readUInt16LE(8),
        majorOpcode: unit[10] ?? 0,
      };
      const handler = this.#takePending(error.sequence) ?? this.#handler;
      handler.onError(error);
    } else if ((type & sentEventBit) === 0) {
      this.#handler.onEvent(unit);
    }
  }

  /** Replies come in the order of their requests, so it can only be the first. */
  #takePending(sequence: number): ReplyHandler | undefined {
    if (this.#pending[0]?.sequence !== sequence) return undefined;
    return this.#pending.shift()?.handler;
  }

  #setUp(unit: Buffer): void {
    try {
      const setup = parseSetup(unit);
      this.#isSetUp = true;
      this.#handler.onSetup(setup);
    } catch (error) {
      if (!(error instanceof StreamSpaceError)) throw error;
      this.#close(error.message, error);
    }
  }
}
