/**
 * Runs video pipelines: with the best encoder that has not just failed, by the host where it can work, by
 * `gst-launch-1.0` where it cannot.
 *
 * The host captures on damage and costs nothing while the screen stands still; it needs koffi for this
 * architecture, GStreamer's libraries, and a display with MIT-SHM, XFIXES and DAMAGE. What it lacks does
 * not come back by itself, so where gst-launch works after the host did not, this session stays with it.
 */
import { describeExit, type ChildSpawner } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf, StreamSpaceError, type ErrorCode } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { VideoCapture } from "../config/video-capture.ts";
import {
  EncoderLadder,
  type EncoderTrouble,
} from "../../encoders/encoder-ladder.ts";
import { runHost } from "../../encoders/host/host-child.ts";
import { hostVideoPipeline } from "../../encoders/host/host-video-pipeline.ts";
import {
  runPipeline,
  type RunningPipeline,
} from "../../encoders/pipeline-child.ts";
import type {
  VideoEncoder,
  VideoEncodingOptions,
} from "../../encoders/video-encoding.ts";
import { videoPipeline } from "../../encoders/video-pipeline.ts";
import { startFirst } from "./hedged-start.ts";
import type { StreamStart } from "./media-stream.ts";

/** The display as it is when a pipeline starts. */
export interface CaptureDisplay {
  display: string;
  screen: { width: number; height: number };
  /** Environment of the child; names the X authority file. */
  env: NodeJS.ProcessEnv;
  /** The X server as such: a pipeline that ends with it is not to blame. */
  server: object;
}

/** What is to be run. */
export interface VideoRun extends VideoEncodingOptions {
  /** That work here, best first. */
  encoders: readonly VideoEncoder[];
  /** From the start of an encoder's child to its first packet, as it was proven. */
  startMsOf?: (element: string) => number | undefined;
}

/** A video pipeline that runs, and with what. */
export interface RunningVideo extends RunningPipeline {
  readonly element: string;
}

/** Failures of the host after which gst-launch may still work. */
const hostFailures: readonly ErrorCode[] = [
  "missing-program",
  "missing-element",
  "display-unreachable",
  "child-exited",
  "timeout",
];

/** After a failure the next encoder is started too, when the first has not delivered within this. */
const leastHedgeMs = 300;

/** A pipeline that ended while it was wanted. */
interface Ending {
  element: string;
  reason: string;
  server: object;
}

/** See the module's description. */
export class VideoRunner {
  readonly #spawner: ChildSpawner;
  readonly #log: Logger;
  readonly #capture: VideoCapture;
  readonly #ladder: EncoderLadder;
  #endings: Ending[] = [];
  #hostFailure: string | undefined;

  constructor(options: {
    spawner: ChildSpawner;
    log: Logger;
    clock: Clock;
    capture: VideoCapture;
  }) {
    this.#spawner = options.spawner;
    this.#log = options.log;
    this.#capture = options.capture;
    this.#ladder = new EncoderLadder(options.clock);
  }

  /** How the screen is captured, in words, for the health report. */
  get captureInWords(): string {
    if (this.#capture === "polling") return "the screen is polled, as set";
    return this.#hostFailure === undefined
      ? "the screen is captured on damage"
      : `the screen is polled, since capture on damage failed: ${this.#hostFailure}`;
  }

  /** Encoders that have failed in this session. */
  troubles(): readonly EncoderTrouble[] {
    return this.#ladder.troubles();
  }

  /**
   * Starts a pipeline and waits for its first packet: with the first encoder that delivers, in the order of the ladder.
   * @throws StreamSpaceError as the runners do, of the last encoder that was tried.
   */
  async run(
    run: VideoRun,
    target: CaptureDisplay,
    start: StreamStart,
  ): Promise<RunningVideo> {
    this.#blame(run, target);
    const { hasRecentFailure } = this.#ladder;
    const running = await startFirst<VideoEncoder, RunningVideo>({
      candidates: this.#ladder.order(run.encoders),
      start: (encoder, signal) =>
        this.#start(run, encoder, target, { ...start, signal }),
      hedgeMs: (encoder) =>
        hasRecentFailure
          ? Math.max(leastHedgeMs, 2 * (run.startMsOf?.(encoder.element) ?? 0))
          : undefined,
      onFailed: (encoder, error) => {
        const reason = messageOf(error);
        this.#ladder.failed(encoder.element, reason);
        this.#log.warn(
          { encoder: encoder.element, reason },
          "an encoder failed",
        );
      },
      signal: start.signal,
    });
    void running.exited.then((exit) => {
      if (exit.kind === "requested") return;
      const { element } = running;
      const reason = describeExit(exit);
      this.#endings.push({ element, reason, server: target.server });
    });
    return running;
  }

  /** Counts endings against their encoders, where the display did not end too. */
  #blame(run: VideoRun, target: CaptureDisplay): void {
    const elements = run.encoders.map(({ element }) => element);
    const endings = this.#endings.filter(({ element }) =>
      elements.includes(element),
    );
    this.#endings = this.#endings.filter((ending) => !endings.includes(ending));
    for (const { element, reason, server } of endings) {
      if (server === target.server) this.#ladder.failed(element, reason);
    }
  }

  async #start(
    run: VideoRun,
    encoder: VideoEncoder,
    target: CaptureDisplay,
    start: StreamStart,
  ): Promise<RunningVideo> {
    const { element } = encoder;
    if (this.#capture === "polling" || this.#hostFailure !== undefined)
      return named(await this.#poll(run, encoder, target, start), element);
    try {
      return named(await this.#runHost(run, encoder, target, start), element);
    } catch (error) {
      if (this.#capture === "damage" || !canFallBack(error)) throw error;
      const running = await this.#poll(run, encoder, target, start);
      // Only now is it sure that the host was at fault, and not the encoder.
      this.#hostFailure = messageOf(error);
      this.#log.warn(
        { reason: this.#hostFailure },
        "capture on damage does not work here; polling the screen instead",
      );
      return named(running, element);
    }
  }

  #runHost(
    run: VideoRun,
    encoder: VideoEncoder,
    target: CaptureDisplay,
    start: StreamStart,
  ): Promise<RunningPipeline> {
    return runHost({
      ...start,
      pipeline: hostVideoPipeline(encoder, run),
      display: target.display,
      env: target.env,
      frameRate: run.frameRate,
      targetBps: run.bitrateBps,
      showPointer: true,
      spawner: this.#spawner,
      onEvent: (event) => {
        if (event.type === "bus") this.#log.warn({ event }, "GStreamer says");
      },
    });
  }

  #poll(
    run: VideoRun,
    encoder: VideoEncoder,
    target: CaptureDisplay,
    start: StreamStart,
  ): Promise<RunningPipeline> {
    return runPipeline({
      ...start,
      pipeline: videoPipeline({ ...run, encoder, ...target }),
      env: target.env,
      spawner: this.#spawner,
    });
  }
}

/** The pipeline itself, which keeps its methods, with the name of its encoder. */
function named(running: RunningPipeline, element: string): RunningVideo {
  return Object.assign(running, { element });
}

function canFallBack(error: unknown): boolean {
  return error instanceof StreamSpaceError && hostFailures.includes(error.code);
}
