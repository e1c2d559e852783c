/**
 * Sends input: over the data channels where they are open, else over the WebSocket, numbered across both.
 */
import {
  channelLabels,
  type ClientMessage,
  type InputMessage,
} from "../../signaling/protocol.ts";
import type { Point } from "./geometry.ts";
import type { Notches } from "./wheel.ts";
import type { ButtonChange } from "./pointer-buttons.ts";

/** Motion is dropped while more than this waits in its channel: what is late is worthless. */
const maxMotionBufferedBytes = 16_384;
/** Mice may report 8000 times a second; screens show a fraction of it, and the agent has a limit. */
const motionIntervalMs = 2;
/** After this much quiet the last position is sent again, as its channel may have lost it. */
const motionRepeatMs = 40;
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
export class InputSender {
  /** Called when keys and buttons may have been lost with their channel. */
  onPathLost: (() => void) | undefined;
  #fallback: FallbackPath | undefined;
  #motionChannel: InputChannel | undefined;
  #inputChannel: InputChannel | undefined;
  #seq = 0;
  #fallbackUsedMs = -Infinity;
  #lastMotionMs = -Infinity;
  #pendingMotion: Point | undefined;
  #motionTimer: ReturnType<typeof setTimeout> | undefined;

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
    if (hadInput) this.onPathLost?.();
  }

  /** Moves the pointer. Positions that come too fast or find the channel full are replaced by later ones. */
  motion(point: Point): void {
    this.#pendingMotion = { x: point.x, y: point.y };
    this.#flushMotion();
  }

  button(change: ButtonChange, point: Point): void {
    this.#pendingMotion = undefined; // The message below carries a newer position.
    const { x, y } = point;
    this.#sendReliably({ type: "button", seq: this.#next(), ...change, x, y });
  }

  wheel(notches: Notches, point: Point): void {
    this.#pendingMotion = undefined;
    const { x, y } = point;
    this.#sendReliably({ type: "wheel", seq: this.#next(), ...notches, x, y });
  }

  key(keysym: number, code: string, pressed: boolean): void {
    this.#sendReliably({
      type: "key",
      seq: this.#next(),
      keysym,
      code,
      pressed,
    });
  }

  releaseAll(): void {
    this.#sendReliably({ type: "release-all", seq: this.#next() });
  }

  /** Ends what is under way; idempotent. */
  close(): void {
    clearTimeout(this.#motionTimer);
    this.#motionTimer = undefined;
    this.#pendingMotion = undefined;
    this.#fallback = undefined;
    this.#motionChannel = undefined;
    this.#inputChannel = undefined;
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #flushMotion(): void {
    const point = this.#pendingMotion;
    if (point === undefined) return;
    const waitMs = this.#lastMotionMs + motionIntervalMs - performance.now();
    if (waitMs > 0 || this.#motionBufferedBytes() > maxMotionBufferedBytes) {
      this.#afterMotion(Math.max(waitMs, motionIntervalMs), () => {
        this.#flushMotion();
      });
      return;
    }
    this.#pendingMotion = undefined;
    this.#lastMotionMs = performance.now();
    const message = { type: "motion", seq: this.#next(), ...point } as const;
    this.#sendMotion(message);
    // With the same number: the agent drops it where the first one arrived, or anything newer did.
    this.#afterMotion(motionRepeatMs, () => {
      if (message.seq === this.#seq) this.#sendMotion(message);
    });
  }

  #afterMotion(delayMs: number, action: () => void): void {
    clearTimeout(this.#motionTimer);
    this.#motionTimer = setTimeout(action, delayMs);
  }

  #motionBufferedBytes(): number {
    const path = isOpen(this.#motionChannel)
      ? this.#motionChannel
      : this.#fallback;
    return path?.bufferedAmount ?? 0;
  }

  #sendMotion(message: InputMessage): void {
    if (isOpen(this.#motionChannel)) {
      this.#motionChannel.send(JSON.stringify(message));
    } else {
      this.#fallback?.send(message);
    }
  }

  #sendReliably(message: InputMessage): void {
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
