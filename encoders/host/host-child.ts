/**
 * Runs a {@link HostPipeline} in a host child and feeds its packets to an {@link RtpSource}.
 *
 * An {@link RtpChild} as a gst-launch child is one, with two differences: bit rate and frame rate change while it
 * runs, and silence is no stall, because nothing is sent while nothing changes. Instead the child says twice a second
 * that it lives and how far it is.
 */
import { fileURLToPath } from "node:url";
import type {
  ChildSpawner,
  ExitReason,
  OwnedChild,
} from "../../agent/base/child-process.ts";
import { StreamSpaceError, type ErrorCode } from "../../agent/base/errors.ts";
import { rtcpDescriptor } from "../pipeline.ts";
import { RtpChild, type RtpChildOptions } from "../runners/rtp-child.ts";
import type { RunningVideo } from "../runners/running-pipeline.ts";
import type { SwapEvent } from "../runners/swapping-runner.ts";
import {
  hostEventSchema,
  parseLine,
  type HostBeat,
  type HostCommand,
  type HostConfig,
  type HostEvent,
} from "./control.ts";
import type { HostPipeline } from "./host-pipeline.ts";
import { SwappingHost } from "./swapping-host.ts";

/**
 * A host whose first packet has arrived. What it is told, it does from the next frame on, without a key frame; where its
 * encoder needs one, or refuses, see `RateControl`.
 */
export type RunningHost = RunningVideo;

/** How to run a host. */
export interface RunHostOptions extends RtpChildOptions {
  pipeline: HostPipeline;
  /** X display on this machine, e.g. `:99`. */
  display: string;
  /** Draw the pointer into the picture. */
  showPointer: boolean;
  /** Frames per second at most. */
  frameRate: number;
  /** Target in bit/s. */
  targetBps: number;
  spawner: ChildSpawner;
  /** Environment of the child; names the X authority file. */
  env: NodeJS.ProcessEnv;
  /** The first packet must arrive within this. */
  timeoutMs: number;
  /** Calls the start off; it means nothing once that has succeeded. */
  signal: AbortSignal;
  /** Every event but beats, and what becomes of changes that need another host. Must not throw. */
  onEvent?: (event: HostEvent | SwapEvent) => void;
  /** The child writes more than is read of it. Must not throw. */
  onFlood?: () => void;
}

/**
 * Starts a host and waits for its first RTP packet. Where its encoder refuses changes while it runs, each change of a
 * rate is another host that takes over.
 *
 * @throws StreamSpaceError `missing-program` (a library is not installed), `missing-element`,
 *   `display-unreachable` (also where it lacks Damage or MIT-SHM), `child-exited`, `timeout`, `aborted`,
 *   `spawn-failed`. After all but the last three a `gst-launch-1.0` child may still work.
 */
export async function runHost(options: RunHostOptions): Promise<RunningHost> {
  const first = await startHost(options);
  const { rateControl, withRates } = options.pipeline;
  return rateControl.whileRunning || withRates === undefined
    ? first
    : new SwappingHost({ ...options, withRates }, first, startHost);
}

async function startHost(options: RunHostOptions): Promise<HostChild> {
  const { pipeline, onFlood } = options;
  // The listener needs the host, and the host the child; nothing arrives before both are there.
  let host: HostChild | undefined = undefined;
  const child = await options.spawner.spawn({
    name: pipeline.name,
    file: process.execPath,
    args: [
      "--max-old-space-size=64",
      mainPath,
      JSON.stringify(configOf(options)),
      ...pipeline.args,
    ],
    env: options.env,
    stdin: true,
    extraPipes: rtcpDescriptor - 2,
    onOutputLine: (line) => {
      host?.onLine(line);
    },
    // It holds nothing that needs putting away, and a hung driver does not listen anyway.
    killLadder: [{ signal: "SIGKILL", waitMs: 1_000 }],
    ...(onFlood === undefined ? {} : { onFlood }),
  });
  const started = new HostChild(child, options);
  host = started;
  await started.untilFirstPacket(options);
  return started;
}

/** `main.ts`, or `main.js` where this module has been compiled. */
const mainPath = fileURLToPath(
  new URL(
    import.meta.url.replace(/^.*\.(?=[jt]s$)/, "./main."),
    import.meta.url,
  ),
);

function configOf(options: RunHostOptions): HostConfig {
  return {
    display: options.display,
    pixelFormat: options.pipeline.pixelFormat,
    matrix: options.pipeline.matrix,
    codec: options.pipeline.codec,
    showPointer: options.showPointer,
    frameRate: options.frameRate,
    targetBps: options.targetBps,
    rateControl: { ...options.pipeline.rateControl },
  };
}

/** Codes that a host may end with; others are `child-exited` to the agent. */
const passedOn: readonly ErrorCode[] = [
  "missing-program",
  "missing-element",
  "display-unreachable",
  "config",
];

/**
 * A frame that has been due for so long is held up: by an encoder that has every slot, or by an X server that does not
 * answer. Less is usual, e.g. while a window manager grabs the server; the stall time comes on top of it.
 */
const heldUpMs = 500;

/** A host child. */
class HostChild extends RtpChild implements RunningHost {
  readonly element: string;
  lastBeat: HostBeat | undefined;
  #lastBeatLine: string | undefined;
  readonly #options: RunHostOptions;
  /** What the child said before it ended. */
  #failure: StreamSpaceError | undefined;

  constructor(child: OwnedChild, options: RunHostOptions) {
    super(child, { ...options, hasWallClock: true });
    this.element = options.pipeline.encoder;
    this.#options = options;
  }

  requestKeyFrame(): void {
    this.#send({ type: "requestKeyFrame" });
  }

  setTargetBps(targetBps: number): void {
    this.bound.setTargetBps(targetBps);
    this.#send({ type: "setTargetBps", targetBps });
  }

  setFps(frameRate: number): void {
    this.#send({ type: "setFps", frameRate });
  }

  resize(): void {
    // The host hears of it from the X server, before anybody could tell it.
  }

  /** One line of the child's standard output. */
  onLine(line: string): void {
    // A still screen's beats are all alike; reading each anew was a tenth of what an idle session costs.
    if (line === this.#lastBeatLine && this.lastBeat !== undefined) {
      this.watchdog?.onSignOfLife(this.clock.nowMs());
      this.#onBeat(this.lastBeat);
      return;
    }
    const event = parseLine(hostEventSchema, line);
    if (event === undefined) return;
    this.watchdog?.onSignOfLife(this.clock.nowMs());
    if (event.type === "beat") {
      this.#lastBeatLine = line;
      this.#onBeat(event);
      return;
    }
    if (event.type === "failed") {
      const code = passedOn.find((known) => known === event.code);
      this.#failure = new StreamSpaceError(
        code ?? "child-exited",
        `${this.child.name}: ${event.message}`,
      );
    }
    this.#options.onEvent?.(event);
  }

  protected override startFailure(reason: ExitReason): StreamSpaceError {
    return this.#failure ?? this.endedEarly(reason);
  }

  /**
   * Progress is a packet, or having nothing to send: all frames that were given to the encoder before the last
   * beat have come out of it, no packet can be missing that was not already missing then, and no frame waits to be
   * grabbed or encoded.
   */
  #onBeat(beat: HostBeat): void {
    const hasNothingToSend =
      beat.pendingMs === 0 &&
      beat.waitingMs < heldUpMs &&
      beat.pushed === this.lastBeat?.pushed;
    if (hasNothingToSend) this.watchdog?.onNothingToSend(this.clock.nowMs());
    this.lastBeat = beat;
  }

  #send(command: HostCommand): void {
    const { stdin } = this.child;
    // A child that does not read its commands is stuck, and the watchdog will see to it.
    if (stdin.writableLength > 4_096 || !stdin.writable) return;
    stdin.write(`${JSON.stringify(command)}\n`);
  }
}
