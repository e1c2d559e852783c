/**
 * The WebSocket to the agent: typed messages in and out, and a watchdog on both its opening and its silence.
 */
import {
  clientMessageProblem,
  closeCodes,
  limits,
  parseServerMessage,
  subprotocol,
  type ClientMessage,
  type ServerMessage,
} from "../../signaling/protocol.ts";

/** A socket that is not open by then is given up. */
const openTimeoutMs = 10_000;
/** After the computer woke up or the network changed, a living agent answers a ping within this. */
const probeTimeoutMs = 3_000;
const watchIntervalMs = 500;
/** The watch was due long ago: the computer slept, and the agent may have given this page up meanwhile. */
const sleptMs = 5_000;

export interface SignalingListener {
  onMessage(message: ServerMessage): void;
  /** A binary message: a piece of a bulk transfer. */
  onFrame(frame: Uint8Array): void;
  /** A message is not as the protocol describes it, in words for who wrote the page, and was not sent. */
  onUnsendable(problem: string): void;
  /** Called once, with the code of the agent or the one that fits; not after `close()`. */
  onClosed(code: number): void;
}

/** See the module's description. Opens at once and says `hello` first. */
export class SignalingSocket {
  readonly #socket: WebSocket;
  readonly #listener: SignalingListener;
  readonly #ending = new AbortController();
  readonly #watch: ReturnType<typeof setInterval>;
  /** When the agent counts as gone, on the clock of `performance.now()`. */
  #deadlineMs = performance.now() + openTimeoutMs;
  #nextPingMs = Infinity;
  /** Of the wall: the clock of `performance.now()` stands still while some computers sleep. */
  #checkedWallMs = Date.now();
  #pingId = 0;
  /** The ping of a probe that is not answered yet: what arrives before may have been on its way all along. */
  #probeId: number | undefined;
  /** The agent has answered the hello; before that it takes nothing else, pings neither. */
  #wasAnswered = false;

  constructor(options: {
    url: string;
    hello: Extract<ClientMessage, { type: "hello" }>;
    listener: SignalingListener;
  }) {
    this.#listener = options.listener;
    this.#socket = new WebSocket(options.url, subprotocol);
    this.#socket.binaryType = "arraybuffer";
    const { signal } = this.#ending;
    this.#socket.addEventListener(
      "open",
      () => {
        this.#heard();
        this.#write(options.hello); // Whatever is wrong with it, the agent has the words.
      },
      { signal },
    );
    this.#socket.addEventListener(
      "message",
      (event) => {
        this.#onData(event.data as unknown);
      },
      { signal },
    );
    this.#socket.addEventListener(
      "close",
      (event) => {
        this.#lost(event.code);
      },
      { signal },
    );
    this.#watch = setInterval(() => {
      this.#check();
    }, watchIntervalMs);
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Bytes that have not left the browser yet. */
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  /**
   * Sends a message; without effect while the socket is not open. One that the agent would not take is left out, and
   * the listener told: the agent ends the connection of a page that sends such.
   */
  send(message: ClientMessage): void {
    if (!this.isOpen) return;
    const problem = clientMessageProblem(message);
    if (problem === undefined) this.#write(message);
    else
      this.#listener.onUnsendable(`${message.type} was not sent: ${problem}`);
  }

  /** Sends a binary message; without effect while the socket is not open. */
  sendFrame(frame: Uint8Array<ArrayBuffer>): void {
    if (this.isOpen) this.#socket.send(frame);
  }

  /** Finds out soon whether the agent is still there. */
  probe(): void {
    if (!this.isOpen || !this.#wasAnswered) return;
    this.#ping();
    this.#probeId = this.#pingId;
    this.#deadlineMs = Math.min(
      this.#deadlineMs,
      performance.now() + probeTimeoutMs,
    );
  }

  /** Closes the socket without a word to the listener; idempotent. */
  close(): void {
    clearInterval(this.#watch);
    this.#ending.abort();
    this.#socket.close(closeCodes.normal.code);
  }

  #write(message: ClientMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  #onData(data: unknown): void {
    this.#heard();
    if (!this.#wasAnswered) {
      this.#wasAnswered = true;
      this.#nextPingMs = performance.now() + limits.pingIntervalMs;
    }
    if (data instanceof ArrayBuffer)
      this.#listener.onFrame(new Uint8Array(data));
    if (typeof data !== "string") return;
    const parsed = parseServerMessage(data);
    // A newer agent may send kinds of messages that this page does not know and can do without.
    if (!parsed.ok) return;
    const { message } = parsed;
    if (message.type === "ping") this.send({ type: "pong", id: message.id });
    else if (message.type === "pong") this.#answered(message.id);
    else this.#listener.onMessage(message);
  }

  #answered(pingId: number): void {
    if (this.#probeId === undefined || pingId < this.#probeId) return;
    this.#probeId = undefined;
    this.#heard();
  }

  #heard(): void {
    const timeoutMs =
      this.#probeId === undefined ? limits.pingTimeoutMs : probeTimeoutMs;
    this.#deadlineMs = performance.now() + timeoutMs;
  }

  #check(): void {
    const nowMs = performance.now();
    const wallMs = Date.now();
    const slept = wallMs - this.#checkedWallMs > sleptMs;
    this.#checkedWallMs = wallMs;
    if (slept && nowMs <= this.#deadlineMs) this.probe();
    else if (nowMs > this.#deadlineMs) this.#lost(closeCodes.timeout.code);
    else if (nowMs >= this.#nextPingMs) this.#ping();
  }

  #ping(): void {
    this.#pingId += 1;
    this.#nextPingMs = performance.now() + limits.pingIntervalMs;
    this.send({ type: "ping", id: this.#pingId });
  }

  /** Ends at once: on a dead network the browser's own closing handshake takes a minute. */
  #lost(code: number): void {
    if (this.#ending.signal.aborted) return;
    this.close();
    this.#listener.onClosed(code);
  }
}
