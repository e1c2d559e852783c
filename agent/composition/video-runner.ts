/**
 * Runs video pipelines: by the host where it can work, by `gst-launch-1.0` where it cannot.
 *
 * The host captures on damage and costs nothing while the screen stands still; it needs koffi for this
 * architecture, GStreamer's libraries, and a display with MIT-SHM, XFIXES and DAMAGE. What it lacks does
 * not come back by itself, so after one failure to start this session stays with the other.
 */
import type { ChildSpawner } from "../base/child-process.ts";
import { messageOf, StreamSpaceError, type ErrorCode } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { VideoCapture } from "../config/video-capture.ts";
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
import type { StreamStart } from "./media-stream.ts";

/** The display as it is when a pipeline starts. */
export interface CaptureDisplay {
  display: string;
  screen: { width: number; height: number };
  /** Environment of the child; names the X authority file. */
  env: NodeJS.ProcessEnv;
}

/** What is to be run. */
export interface VideoRun extends VideoEncodingOptions {
  encoder: VideoEncoder;
}

/** Failures of the host after which gst-launch may still work. */
const hostFailures: readonly ErrorCode[] = [
  "missing-program",
  "missing-element",
  "display-unreachable",
  "child-exited",
  "timeout",
];

/** See the module's description. */
export class VideoRunner {
  readonly #spawner: ChildSpawner;
  readonly #log: Logger;
  readonly #capture: VideoCapture;
  #hostFailure: string | undefined;

  constructor(options: {
    spawner: ChildSpawner;
    log: Logger;
    capture: VideoCapture;
  }) {
    this.#spawner = options.spawner;
    this.#log = options.log;
    this.#capture = options.capture;
  }

  /** How the screen is captured, in words, for the health report. */
  get captureInWords(): string {
    if (this.#capture === "polling") return "the screen is polled, as set";
    return this.#hostFailure === undefined
      ? "the screen is captured on damage"
      : `the screen is polled, since capture on damage failed: ${this.#hostFailure}`;
  }

  /** Starts a pipeline and waits for its first packet. @throws StreamSpaceError as the runners do. */
  async run(
    encoding: VideoRun,
    target: CaptureDisplay,
    start: StreamStart,
  ): Promise<RunningPipeline> {
    if (this.#capture === "polling" || this.#hostFailure !== undefined) {
      return await this.#poll(encoding, target, start);
    }
    try {
      return await this.#runHost(encoding, target, start);
    } catch (error) {
      if (this.#capture === "damage" || !canFallBack(error)) throw error;
      this.#hostFailure = messageOf(error);
      this.#log.warn(
        { reason: this.#hostFailure },
        "capture on damage does not work here; polling the screen instead",
      );
      return await this.#poll(encoding, target, start);
    }
  }

  #runHost(
    encoding: VideoRun,
    target: CaptureDisplay,
    start: StreamStart,
  ): Promise<RunningPipeline> {
    return runHost({
      ...start,
      pipeline: hostVideoPipeline(encoding.encoder, encoding),
      display: target.display,
      env: target.env,
      frameRate: encoding.frameRate,
      targetBps: encoding.bitrateBps,
      showPointer: true,
      spawner: this.#spawner,
      onEvent: (event) => {
        if (event.type === "bus") this.#log.warn({ event }, "GStreamer says");
      },
    });
  }

  #poll(
    encoding: VideoRun,
    target: CaptureDisplay,
    start: StreamStart,
  ): Promise<RunningPipeline> {
    return runPipeline({
      ...start,
      pipeline: videoPipeline({ ...encoding, ...target }),
      env: target.env,
      spawner: this.#spawner,
    });
  }
}

function canFallBack(error: unknown): boolean {
  return error instanceof StreamSpaceError && hostFailures.includes(error.code);
}
