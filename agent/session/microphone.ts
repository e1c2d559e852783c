/**
 * Plays what a viewer says into the sink behind the session's source `microphone`.
 */
import { isOpusPacket } from "../../encoders/audio/opus-packet.ts";
import {
  microphoneLaunchArgs,
  playingMessage,
  readingMessage,
  speechPayloadType,
} from "../../encoders/audio/microphone-pipeline.ts";
import { opusClockRate } from "../../encoders/audio-pipeline.ts";
import {
  SpeechSequence,
  packetTicks,
} from "../../encoders/audio/speech-sequence.ts";
import { frameRtp } from "../../encoders/rtp-framing.ts";
import type { ChildSpawner, OwnedChild } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import { StreamSpaceError } from "../base/errors.ts";
import type { RunningInstance, StartContext } from "../supervisor/service.ts";
import { microphoneSink } from "./sound-sinks.ts";

/** A player that a stream of the sound server belongs to. */
export interface RunningMicrophone extends RunningInstance {
  /**
   * Plays a packet: RTP with a plain 12-byte header. Never blocks; what a child that does not read is sent is lost, and
   * after {@link stuckMs} it is ended.
   */
  play(packet: Buffer): void;
}

/** What may wait in the child's pipe, beside what the kernel takes: two seconds of what browsers send. */
export const pipeBytes = 16_384;
/** A child that has not read for so long does not play. */
export const stuckMs = 2_000;
/** A start takes 100 ms; a starved machine needs its time. */
const startTimeoutMs = 6_000;
const headerBytes = 12;
/** 20 ms of nothing, mono (RFC 6716, section 3.1: CELT, full band). */
const silentOpus = Buffer.from([0xf8, 0xff, 0xfe]);
const packetMs = (packetTicks * 1_000) / opusClockRate;

/**
 * Starts the player and resolves when silence has come through it to the sound server.
 * @throws StreamSpaceError `missing-program`, `spawn-failed`, `child-exited`, `timeout`, `aborted`.
 */
export async function startMicrophone(
  options: { spawner: ChildSpawner; clock: Clock; env: NodeJS.ProcessEnv },
  { signal }: Pick<StartContext, "signal">,
): Promise<RunningMicrophone> {
  const reading = Promise.withResolvers<undefined>();
  const playing = Promise.withResolvers<undefined>();
  const child = await options.spawner.spawn({
    name: "microphone",
    file: "gst-launch-1.0",
    args: microphoneLaunchArgs(microphoneSink),
    env: options.env,
    stdin: true,
    onOutputLine: (line) => {
      if (readingMessage.test(line)) reading.resolve(undefined);
      else if (playingMessage.test(line)) playing.resolve(undefined);
    },
    // It holds nothing that needs putting away.
    killLadder: [{ signal: "SIGKILL", waitMs: 1_000 }],
  });
  const exited = child.exited.then((): never => {
    throw new StreamSpaceError(
      "child-exited",
      `the microphone ended while it started: ${child.lastLines().at(-1) ?? "it said nothing"}`,
    );
  });
  const player = new Player(child, options.clock);
  try {
    await withDeadline(
      Promise.race([
        reading.promise.then(() => player.prove(playing.promise)),
        exited,
      ]),
      {
        timeoutMs: startTimeoutMs,
        what: "the first sound of the microphone",
        signal,
      },
    );
    return player;
  } catch (error) {
    await child.close();
    throw error;
  }
}

class Player implements RunningMicrophone {
  readonly exited;
  readonly #child: OwnedChild;
  readonly #clock: Clock;
  #sequence: SpeechSequence;
  /** Since when its pipe has been full. */
  #fullSinceMs: number | undefined;

  constructor(child: OwnedChild, clock: Clock) {
    this.#child = child;
    this.#clock = clock;
    this.exited = child.exited;
    this.#sequence = new SpeechSequence(
      { sequence: 0, timestamp: 0 },
      clock.nowMs(),
    );
  }

  /**
   * Sends it silence, as a browser does, until it plays. Its idea of the time comes from there, so none of it may have
   * waited in the pipe.
   */
  async prove(playing: Promise<undefined>): Promise<void> {
    const numbers = { sequence: 0, timestamp: 0 };
    const sendSilence = (): void => {
      if (!this.#child.stdin.writable) return;
      const packet = Buffer.alloc(headerBytes + silentOpus.length);
      silentOpus.copy(packet, headerBytes);
      numbers.sequence += 1;
      numbers.timestamp += packetTicks;
      this.#write(packet, numbers);
      this.#sequence = new SpeechSequence({ ...numbers }, this.#clock.nowMs());
    };
    sendSilence();
    const timer = setInterval(sendSilence, packetMs);
    await Promise.race([playing, this.exited]);
    clearInterval(timer);
  }

  play(packet: Buffer): void {
    if (!isOpusPacket(packet.subarray(headerBytes))) return;
    const nowMs = this.#clock.nowMs();
    if (!this.#hasRoom(nowMs)) return;
    const came = {
      sequence: packet.readUInt16BE(2),
      timestamp: packet.readUInt32BE(4),
    };
    const source = packet.readUInt32BE(8);
    this.#write(Buffer.from(packet), this.#sequence.place(source, came, nowMs));
  }

  close(): Promise<void> {
    return this.#child.close();
  }

  lastLines(): string[] {
    return this.#child.lastLines();
  }

  #hasRoom(nowMs: number): boolean {
    const { stdin } = this.#child;
    if (!stdin.writable) return false; // It ends, and its owner knows.
    if (stdin.writableLength <= pipeBytes) {
      this.#fullSinceMs = undefined;
      return true;
    }
    this.#fullSinceMs ??= nowMs;
    if (nowMs - this.#fullSinceMs >= stuckMs)
      void this.#child.closeAsStalled("it does not read what is said");
    return false;
  }

  /** Writes it under one source and the given numbers, whatever it had. */
  #write(
    packet: Buffer,
    { sequence, timestamp }: { sequence: number; timestamp: number },
  ): void {
    packet[0] = 0x80;
    packet[1] = speechPayloadType;
    packet.writeUInt16BE(sequence, 2);
    packet.writeUInt32BE(timestamp, 4);
    packet.writeUInt32BE(1, 8);
    this.#child.stdin.write(frameRtp(packet));
  }
}
