/**
 * Numbers of a stranger's RTP put in an order that a decoder can follow: one stream, however often the sender begins
 * anew, and time that goes on no faster than the clock.
 *
 * Small steps, forwards and back, are kept as they are: they tell of losses and of packets that were overtaken. What
 * is further away, and any other source, continues where the stream was, by the time that has passed.
 */
import { opusClockRate } from "../audio-pipeline.ts";

/** Steps that are a loss, or an overtaking; both ways. At 20 ms in a packet this is a second. */
export const maxSequenceStep = 50;
/** The same in ticks of the RTP clock. */
export const maxTimestampStep = opusClockRate;
/** What stands between two packets of which nothing else is known: the 20 ms that browsers put in one. */
export const packetTicks = 960;
/** No pause is longer than this to the decoder, in milliseconds: it begins anew after less. */
const maxPauseMs = 60_000;
/** How far the sender's time may run ahead of the clock: a burst after a stall of the network, or a fast clock in hours. */
export const maxLeadMs = 1_000;

/** What tells a packet's place. */
export interface SpeechNumbers {
  /** 16 bits. */
  sequence: number;
  /** 32 bits, at 48 kHz. */
  timestamp: number;
}

/** See the module's description. */
export class SpeechSequence {
  #source: number | undefined;
  /** The newest packet that came, and what it was given. */
  #came: SpeechNumbers = { sequence: 0, timestamp: 0 };
  #gave: SpeechNumbers;
  #atMs: number;
  /** Where the stream was continued last. */
  #anchor = { timestamp: 0, atMs: 0 };

  /** @param last what the packet before the first was given, at `nowMs`. */
  constructor(last: SpeechNumbers, nowMs: number) {
    this.#gave = last;
    this.#atMs = nowMs;
  }

  /**
   * The numbers to give to a packet.
   * @param source its SSRC.
   * @param nowMs of a monotonic clock.
   */
  place(source: number, came: SpeechNumbers, nowMs: number): SpeechNumbers {
    const steps = {
      sequence: signed(came.sequence - this.#came.sequence, 16),
      timestamp: signed(came.timestamp - this.#came.timestamp, 32),
    };
    if (source !== this.#source || !isNear(steps))
      return this.#continue(source, came, nowMs);
    const placed = add(this.#gave, steps);
    if (this.#leadMs(placed, nowMs) > maxLeadMs)
      return this.#continue(source, came, nowMs);
    if (steps.sequence > 0) {
      this.#came = came;
      this.#gave = placed;
      this.#atMs = nowMs;
    }
    return placed;
  }

  #continue(source: number, came: SpeechNumbers, nowMs: number): SpeechNumbers {
    const pauseMs = Math.min(nowMs - this.#atMs, maxPauseMs);
    this.#gave = add(this.#gave, {
      sequence: 1,
      timestamp: Math.max(
        packetTicks,
        Math.round((pauseMs * opusClockRate) / 1_000),
      ),
    });
    this.#source = source;
    this.#came = came;
    this.#atMs = nowMs;
    this.#anchor = { timestamp: this.#gave.timestamp, atMs: nowMs };
    return this.#gave;
  }

  #leadMs({ timestamp }: SpeechNumbers, nowMs: number): number {
    const ticks = signed(timestamp - this.#anchor.timestamp, 32);
    return (ticks * 1_000) / opusClockRate - (nowMs - this.#anchor.atMs);
  }
}

/** Time and numbers must go the same way, or a jump in one would pass for a small step of the other. */
function isNear({ sequence, timestamp }: SpeechNumbers): boolean {
  return (
    Math.abs(sequence) <= maxSequenceStep &&
    Math.abs(timestamp) <= maxTimestampStep &&
    Math.sign(sequence) === Math.sign(timestamp)
  );
}

function add(base: SpeechNumbers, steps: SpeechNumbers): SpeechNumbers {
  return {
    sequence: (base.sequence + steps.sequence) & 0xffff,
    timestamp: (base.timestamp + steps.timestamp) >>> 0,
  };
}

/** `difference` of two numbers of `bits` bits, as the shorter way around. */
function signed(difference: number, bits: 16 | 32): number {
  return bits === 16 ? (difference << 16) >> 16 : difference | 0;
}
