/**
 * The ways that input takes: the data channels where they are open, else the WebSocket.
 */
import {
  channelLabels,
  type ClientMessage,
  type InputMessage,
} from "../../signaling/protocol.ts";

/**
 * After input over the WebSocket the channel must wait this long, so that a release cannot overtake
 * its press on the way.
 */
const pathChangeMs = 250;

/** The WebSocket as this module needs it. */
export interface FallbackPath {
  readonly isOpen: boolean;
  readonly bufferedAmount: number;
  send(message: ClientMessage): void;
}

/** A data channel as this module needs it. */
export interface InputChannel {
  readonly label: string;
  readonly readyState: "connecting" | "open" | "closing" | "closed";
  readonly bufferedAmount: number;
  send(data: string): void;
  addEventListener(type: "close", listener: () => void): void;
}

/** See the module's description. */
export class InputPaths {
  /** Called when what was sent reliably may have been lost with its channel. */
  onLost: (() => void) | undefined;
  #fallback: FallbackPath | undefined;
  #motionChannel: InputChannel | undefined;
  #inputChannel: InputChannel | undefined;
  #fallbackUsedMs = -Infinity;

  /** Sets the WebSocket that input falls back to. */
  useFallback(fallback: FallbackPath | undefined): void {
    this.#fallback = fallback;
  }

  /** Takes a channel that the agent opened; one with an unknown label is left alone. */
  useChannel(channel: InputChannel): void {
    if (channel.label === channelLabels.motion) {
      this.#motionChannel = channel;
    } else if (channel.label === channelLabels.input) {
      this.#inputChannel = channel;
      channel.addEventListener("close", () => {
        if (this.#inputChannel === channel) this.dropChannels();
      });
    }
  }

  /** Forgets the channels of a connection that has ended. */
  dropChannels(): void {
    const hadInput = this.#inputChannel !== undefined;
    this.#motionChannel = undefined;
    this.#inputChannel = undefined;
    if (hadInput) this.onLost?.();
  }

  close(): void {
    this.#fallback = undefined;
    this.#motionChannel = undefined;
    this.#inputChannel = undefined;
  }

  /** Bytes that wait where motion goes. */
  get motionBufferedBytes(): number {
    const path = isOpen(this.#motionChannel)
      ? this.#motionChannel
      : this.#fallback;
    return path?.bufferedAmount ?? 0;
  }

  /** Bytes that wait where keys and buttons go. */
  get inputBufferedBytes(): number {
    const path = isOpen(this.#inputChannel)
      ? this.#inputChannel
      : this.#fallback;
    return path?.bufferedAmount ?? 0;
  }

  /** May be lost, or overtaken. */
  sendMotion(message: InputMessage): void {
    if (isOpen(this.#motionChannel)) {
      this.#motionChannel.send(JSON.stringify(message));
    } else {
      this.#fallback?.send(message);
    }
  }

  /** In order, and once. */
  sendReliably(message: InputMessage): void {
    const nowMs = performance.now();
    const settled = nowMs - this.#fallbackUsedMs > pathChangeMs;
    if (isOpen(this.#inputChannel) && settled) {
      this.#inputChannel.send(JSON.stringify(message));
    } else {
      if (!isOpen(this.#inputChannel)) this.#fallbackUsedMs = nowMs;
      this.#fallback?.send(message);
    }
  }
}

function isOpen(channel: InputChannel | undefined): channel is InputChannel {
  return channel?.readyState === "open";
}
