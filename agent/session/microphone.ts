/**
 * The microphone of the session: a source of the sound server, which plays what the viewer says who has it.
 *
 * The first to speak has it until nothing came for {@link releaseMs}. The child that decodes runs while somebody
 * speaks, and is started anew when it ends; what comes meanwhile is lost, as it would be late.
 */
import {
  microphoneLaunchArgs,
  microphonePayloadType,
} from "../../encoders/audio/microphone-pipeline.ts";
import type {
  MicrophoneLine,
  SessionMicrophone,
} from "../../signaling/microphone.ts";
import type { ChildSpawner, OwnedChild } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { onSharedTicks } from "../base/shared-ticks.ts";
import { once, type Closable } from "../base/shutdown.ts";

/** Somebody who says nothing for so long has stopped speaking: browsers send silence, too. */
export const releaseMs = 2_000;
/** A child that failed is started again after this at the earliest. */
export const restartMs = 1_000;
/** What may wait in the child's pipe; at 40 kbit/s that is 3 s, and it reads at once. */
const pipeBytes = 16_384;
/** Largest packet that is taken; Opus at its highest rate has 1,275 bytes in a frame (RFC 6716, section 3.2.1). */
const maxPacketBytes = 1_500;
const rtpHeaderBytes = 12;

/** What {@link PlayedMicrophone} is made from. */
export interface MicrophoneOptions {
  spawner: ChildSpawner;
  clock: Clock;
  log: Logger;
  /** Name of the sink whose monitor is the source. */
  sink: string;
  /** Of the child; names the sound server. */
  env: NodeJS.ProcessEnv;
}

/** See the module's description. */
export class PlayedMicrophone implements SessionMicrophone, Closable {
  readonly close = once(() => this.#end());
  readonly #options: MicrophoneOptions;
  readonly #length = Buffer.alloc(2);
  #owner: object | undefined;
  #heardMs = -Infinity;
  #child: OwnedChild | undefined;
  #starting: Promise<void> | undefined;
  #startedMs = -Infinity;
  #endWatch: (() => void) | undefined;
  #isClosed = false;
  #packets = 0;

  constructor(options: MicrophoneOptions) {
    this.#options = options;
  }

  /** Whether somebody speaks. */
  get isOpen(): boolean {
    return this.#owner !== undefined;
  }

  /** Packets that were played since the start. */
  get packets(): number {
    return this.#packets;
  }

  openLine(): MicrophoneLine {
    const line = {
      push: (packet: Buffer) => {
        this.#push(line, packet);
      },
      close: () => {
        if (this.#owner === line) void this.#release();
      },
    };
    return line;
  }

  /** The sound server ended: a child that played to it stands still, and the next packet starts another. */
  soundEnded(): void {
    const child = this.#child;
    this.#child = undefined;
    void child?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #push(line: object, packet: Buffer): void {
    if (this.#isClosed || !isOpus(packet)) return;
    this.#owner ??= line;
    if (this.#owner !== line) return;
    this.#heardMs = this.#options.clock.nowMs();
    this.#endWatch ??= onSharedTicks(500, () => {
      if (this.#options.clock.nowMs() - this.#heardMs > releaseMs)
        void this.#release();
    });
    const child = this.#child;
    if (child === undefined) {
      this.#starting ??= this.#start();
      return;
    }
    const { stdin } = child;
    // A child that does not read plays nothing; what is old is worth nothing.
    if (!stdin.writable || stdin.writableLength > pipeBytes) return;
    this.#length.writeUInt16BE(packet.length);
    stdin.write(Buffer.concat([this.#length, packet]));
    this.#packets += 1;
  }

  /** Never rejects. */
  async #start(): Promise<void> {
    const { clock, spawner, log, sink, env } = this.#options;
    try {
      if (clock.nowMs() - this.#startedMs < restartMs) return;
      this.#startedMs = clock.nowMs();
      const child = await spawner.spawn({
        name: "microphone",
        file: "gst-launch-1.0",
        args: microphoneLaunchArgs(sink),
        env,
        stdin: true,
        parentDeathSignal: "SIGTERM",
      });
      child.stdin.on("error", () => undefined); // Its end tells more.
      if (this.#isClosed || this.#owner === undefined) {
        await child.close();
        return;
      }
      this.#child = child;
      log.info("somebody speaks");
      void child.exited.then((reason) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        if (reason.kind !== "requested")
          log.warn(
            { reason: child.lastLines().at(-1) },
            "the microphone's child ended",
          );
      });
    } catch (error) {
      log.warn(
        { reason: messageOf(error) },
        "the microphone could not be played",
      );
    } finally {
      this.#starting = undefined;
    }
  }

  async #release(): Promise<void> {
    this.#owner = undefined;
    this.#endWatch?.();
    this.#endWatch = undefined;
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    this.#startedMs = -Infinity;
    await child.close();
    this.#options.log.info("nobody speaks any more");
  }

  async #end(): Promise<void> {
    this.#isClosed = true;
    await this.#starting;
    await this.#release();
  }
}

function isOpus(packet: Buffer): boolean {
  return (
    packet.length > rtpHeaderBytes &&
    packet.length <= maxPacketBytes &&
    packet[0] === 0x80 &&
    ((packet[1] ?? 0) & 0x7f) === microphonePayloadType
  );
}
