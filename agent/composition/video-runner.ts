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
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { VideoCapture } from "../config/video-capture.ts";
import type { HostEvent } from "../../encoders/host/control.ts";
import { runHost } from "../../encoders/host/host-child.ts";
import { hostVideoPipeline } from "../../encoders/host/host-video-pipeline.ts";
import {
  EncoderLadder,
  type EncoderTrouble,
} from "../../encoders/runners/encoder-ladder.ts";
import { startFirst } from "../../encoders/runners/hedged-start.ts";
import { HostTrust } from "../../encoders/runners/host-trust.ts";
import {
  runLaunch,
  type LaunchEvent,
} from "../../encoders/runners/launch-runner.ts";
import type {
  RunningVideo,
  ScreenSize,
} from "../../encoders/runners/running-pipeline.ts";
import { hostExtraMs, StartTimes } from "../../encoders/runners/start-times.ts";
import type {
  VideoEncoder,
  VideoEncodingOptions,
  VideoPipelineCodec,
} from "../../encoders/video-encoding.ts";
import type { StreamStart } from "./media-stream.ts";

/** The display as it is when a pipeline starts. */
export interface CaptureDisplay {
  display: string;
  screen: ScreenSize;
  /** Environment of the child; names the X authority file. */
  env: NodeJS.ProcessEnv;
  /** The X server as such: a pipeline that ends with it is not to blame. */
  server: object;
}

/** What is to be run. What a stream was told meanwhile, see `StreamStart.rate`, goes before the rates in here. */
export interface VideoRun extends VideoEncodingOptions {
  /** That work here, best first; at least one. One that was asked for without fallback stands alone. */
  encoders: readonly VideoEncoder[];
  /** From the start of an encoder's child to its first packet, as it was proven, in milliseconds. */
  startMsOf?: (element: string) => number | undefined;
}

/** What runs of a codec, and why. */
export interface VideoReport {
  codec: VideoPipelineCodec;
  /** GStreamer element that encodes. */
  element: string;
  capture: "damage" | "polling";
  /** Why it is not the best that was proven here; `undefined` where it is. */
  whyBelowBest: string | undefined;
}

/** What happens in the runners while they run. */
export type VideoEvent = HostEvent | LaunchEvent | { type: "flood" };

/** A pipeline that ended while it was wanted, or did not start. */
interface Failure {
  element: string;
  reason: string;
  atMs: number;
  hadStarted: boolean;
  server: object;
}

/** One start, with all that it needs. */
interface Attempt {
  run: VideoRun;
  encoder: VideoEncoder;
  target: CaptureDisplay;
  start: StreamStart;
}

/** See the module's description. */
export class VideoRunner {
  readonly #spawner: ChildSpawner;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #capture: VideoCapture;
  readonly #showPointer: boolean;
  readonly #onEvent: ((element: string, event: VideoEvent) => void) | undefined;
  readonly #ladder: EncoderLadder;
  readonly #host = new HostTrust();
  readonly #startTimes = new StartTimes();
  readonly #running = new Map<RunningVideo, VideoReport>();
  #failures: Failure[] = [];

  constructor(options: {
    spawner: ChildSpawner;
    log: Logger;
    clock: Clock;
    capture: VideoCapture;
    /** Whether the pointer is part of the picture. */
    showPointer: boolean;
    /** Hears of all that happens in the runners, but for beats. Must not throw. */
    onEvent?: (element: string, event: VideoEvent) => void;
  }) {
    this.#spawner = options.spawner;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#capture = options.capture;
    this.#showPointer = options.showPointer;
    this.#onEvent = options.onEvent;
    this.#ladder = new EncoderLadder(options.clock);
  }

  /** How the screen is captured, in words, for the health report. */
  get captureInWords(): string {
    if (this.#capture === "polling") return "the screen is polled, as set";
    return this.#host.failure === undefined
      ? "the screen is captured on damage"
      : `the screen is polled, since capture on damage failed: ${this.#host.failure}`;
  }

  /** Encoders that have failed in this session. */
  troubles(): readonly EncoderTrouble[] {
    return this.#ladder.troubles();
  }

  /** What runs now. */
  report(): readonly VideoReport[] {
    return [...this.#running.values()];
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
    const isOfRun = ({ element }: Failure): boolean =>
      run.encoders.some((encoder) => encoder.element === element);
    this.#blame(isOfRun, target);
    const { hasRecentFailure } = this.#ladder;
    const running = await startFirst<VideoEncoder, RunningVideo>({
      candidates: this.#ladder.order(run.encoders),
      start: (encoder, signal) =>
        this.#start({ run, encoder, target, start: { ...start, signal } }),
      hedgeMs: ({ element }) =>
        hasRecentFailure
          ? this.#startTimes.hedgeMs(element, run.startMsOf?.(element))
          : undefined,
      onFailed: ({ element }, error) => {
        this.#onFailedStart(element, error, target);
      },
      onSlower: ({ element }) => {
        this.#ladder.failed(element, "it did not start in time");
      },
      signal: start.signal,
    });
    // The display is well, as a picture of it came: what failed on it just now failed by itself.
    this.#blame(isOfRun, target);
    this.#follow(running, run, target);
    return running;
  }

  #onFailedStart(
    element: string,
    error: unknown,
    { server }: CaptureDisplay,
  ): void {
    const reason = messageOf(error);
    this.#log.warn({ encoder: element, reason }, "an encoder did not start");
    const code = error instanceof StreamSpaceError ? error.code : "internal";
    if (code === "timeout") this.#startTimes.onTimeout(element);
    if (code === "display-unreachable") return;
    const atMs = this.#clock.nowMs();
    this.#failures.push({ element, reason, atMs, hadStarted: false, server });
  }

  #follow(running: RunningVideo, run: VideoRun, target: CaptureDisplay): void {
    const { element } = running;
    const report = this.#running.get(running);
    if (report !== undefined)
      report.whyBelowBest = this.#ladder.whyBelowBest(run.encoders, element);
    void running.exited.then((exit) => {
      this.#running.delete(running);
      if (exit.kind === "requested") return;
      this.#failures.push({
        element,
        reason: describeExit(exit),
        atMs: this.#clock.nowMs(),
        hadStarted: true,
        server: target.server,
      });
    });
  }

  /** Counts failures against their encoders, where the display did not end too. */
  #blame(
    isOfRun: (failure: Failure) => boolean,
    { server }: CaptureDisplay,
  ): void {
    const due = this.#failures.filter(isOfRun);
    this.#failures = this.#failures.filter((failure) => !isOfRun(failure));
    for (const { element, reason, atMs, hadStarted, ...failure } of due) {
      if (failure.server !== server) continue;
      if (hadStarted) this.#ladder.failed(element, reason, atMs);
      else this.#ladder.failedToStart(element, reason, atMs);
    }
  }

  async #start(attempt: Attempt): Promise<RunningVideo> {
    if (this.#capture === "polling" || this.#host.failure !== undefined)
      return await this.#timed(attempt, "polling");
    try {
      const running = await this.#timed(attempt, "damage");
      this.#host.onWorked();
      return running;
    } catch (error) {
      if (this.#capture === "damage" || !this.#host.mayBeAtFault(error))
        throw error;
      const running = await this.#timed(attempt, "polling");
      // Only now is it sure that the host was at fault, and not the encoder.
      this.#host.onWorkedWithout(error);
      this.#log.warn(
        { reason: messageOf(error) },
        "capture on damage does not work here; polling the screen instead",
      );
      return running;
    }
  }

  /** Starts `attempt` within the deadline of its encoder, and learns how long it took. */
  async #timed(
    attempt: Attempt,
    capture: VideoReport["capture"],
  ): Promise<RunningVideo> {
    const { codec, element } = attempt.encoder;
    const provenMs = attempt.run.startMsOf?.(element);
    const extraMs = capture === "damage" ? hostExtraMs : 0;
    const timeoutMs = Math.min(
      attempt.start.timeoutMs,
      this.#startTimes.deadlineMs(
        element,
        provenMs === undefined ? undefined : provenMs + extraMs,
      ),
    );
    const start = { ...attempt.start, timeoutMs };
    const startedMs = this.#clock.nowMs();
    const running = await (capture === "damage"
      ? this.#runHost({ ...attempt, start })
      : this.#poll({ ...attempt, start }));
    this.#startTimes.onStarted(element, this.#clock.nowMs() - startedMs);
    const report = { codec, element, capture, whyBelowBest: undefined };
    this.#running.set(running, report);
    void running.exited.then(() => this.#running.delete(running));
    return running;
  }

  #runHost({ run, encoder, target, start }: Attempt): Promise<RunningVideo> {
    const { targetBps, frameRate } = ratesOf(run, start);
    return runHost({
      ...start,
      ...this.#listener(encoder),
      pipeline: hostVideoPipeline(encoder, {
        ...run,
        frameRate,
        bitrateBps: targetBps,
      }),
      display: target.display,
      env: target.env,
      frameRate,
      targetBps,
      showPointer: this.#showPointer,
      spawner: this.#spawner,
    });
  }

  #poll({ run, encoder, target, start }: Attempt): Promise<RunningVideo> {
    return runLaunch({
      ...start,
      ...this.#listener(encoder),
      encoder,
      display: target.display,
      env: target.env,
      settings: { ...ratesOf(run, start), screen: target.screen },
      threads: run.threads,
      showPointer: this.#showPointer,
      spawner: this.#spawner,
    });
  }

  #listener({ element }: VideoEncoder): {
    onEvent: (event: VideoEvent) => void;
    onFlood: () => void;
  } {
    const onEvent = (event: VideoEvent): void => {
      if (event.type === "bus")
        this.#log.warn({ element, event }, "GStreamer says");
      if (event.type === "swap-failed")
        this.#log.warn(
          { element, event },
          "a change of the video failed; it goes on as before",
        );
      if (event.type === "flood")
        this.#log.warn({ element }, "an encoder writes without end");
      this.#onEvent?.(element, event);
    };
    return {
      onEvent,
      onFlood: () => {
        onEvent({ type: "flood" });
      },
    };
  }
}

function ratesOf(
  run: VideoRun,
  { rate }: StreamStart,
): { targetBps: number; frameRate: number } {
  return {
    targetBps: rate?.targetBps ?? run.bitrateBps,
    frameRate: rate?.frameRate ?? run.frameRate,
  };
}
