/**
 * Starts a video pipeline with one encoder: by the host where it can work, by `gst-launch-1.0` where it cannot.
 *
 * The host captures on damage and costs nothing while the screen stands still; it needs koffi for this
 * architecture, GStreamer's libraries, and a display with MIT-SHM, XFIXES and DAMAGE. What it lacks does
 * not come back by itself, so where gst-launch works after the host did not, this session stays with it. A host that
 * fails with one encoder after another is given a rest.
 */
import type { ChildSpawner } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { VideoCapture } from "../config/video-capture.ts";
import { runHost } from "../../encoders/host/host-child.ts";
import { hostVideoPipeline } from "../../encoders/host/host-video-pipeline.ts";
import {
  HostTrust,
  isHostFailure,
  isOfEncoder,
} from "../../encoders/runners/host-trust.ts";
import { runLaunch } from "../../encoders/runners/launch-runner.ts";
import type {
  RunningVideo,
  ScreenSize,
} from "../../encoders/runners/running-pipeline.ts";
import { hostExtraMs, StartTimes } from "../../encoders/runners/start-times.ts";
import type {
  VideoEncoder,
  VideoEncodingOptions,
} from "../../encoders/video-encoding.ts";
import type { EncoderEvents } from "./encoder-events.ts";
import type { StreamStart } from "./media-stream.ts";

/** An X server as such: a pipeline that ends with it, or while it hangs, is not to blame. */
export interface CaptureServer {
  /** Whether it answers now, or in a moment; never rejects. */
  answers(): Promise<boolean>;
  /**
   * Whether it hung then, as far as is known now.
   * @param atMs on the clock of `performance.now()`.
   */
  hungAt(atMs: number): boolean;
}

/** The display as it is when a pipeline starts. */
export interface CaptureDisplay {
  display: string;
  screen: ScreenSize;
  /** Environment of the child; names the X authority file. */
  env: NodeJS.ProcessEnv;
  server: CaptureServer;
}

/** What is to be run. What a stream was told meanwhile, see `StreamStart.rate`, goes before the rates in here. */
export interface VideoRun extends VideoEncodingOptions {
  /** That work here, best first; at least one. One that was asked for without fallback stands alone. */
  encoders: readonly VideoEncoder[];
  /** From the start of an encoder's child to its first packet, as it was proven, in milliseconds. */
  startMsOf?: (element: string) => number | undefined;
}

/** How the screen is captured: by the host, or by gst-launch. */
export type CaptureWay = "damage" | "polling";

/** A pipeline whose first packet has arrived. */
export interface StartedVideo {
  running: RunningVideo;
  capture: CaptureWay;
  /** How the screen is captured, and why in this way. */
  captureInWords: string;
  close(): Promise<void>;
}

/** One start, with all that it needs. */
export interface StartAttempt {
  run: VideoRun;
  encoder: VideoEncoder;
  target: CaptureDisplay;
  start: StreamStart;
}

/** What a starter is made from. */
export interface PipelineStarterOptions {
  spawner: ChildSpawner;
  log: Logger;
  clock: Clock;
  capture: VideoCapture;
  /** Whether the pointer is part of the picture. */
  showPointer: boolean;
  events: EncoderEvents;
}

/** See the module's description. One for a session. */
export class PipelineStarter {
  readonly #options: PipelineStarterOptions;
  readonly #host: HostTrust;
  readonly #startTimes = new StartTimes();

  constructor(options: PipelineStarterOptions) {
    this.#options = options;
    this.#host = new HostTrust(options.clock);
  }

  /** How the screen would be captured by a pipeline that starts now, in words. */
  get captureInWords(): string {
    if (this.#options.capture === "polling")
      return "the screen is polled, as set";
    const failure = this.#hostFailure;
    return failure === undefined
      ? "the screen is captured on damage"
      : polledSince(failure);
  }

  /** Why the host is not tried; `undefined` where it is, or where the settings insist on it. */
  get #hostFailure(): string | undefined {
    return this.#options.capture === "damage" ? undefined : this.#host.failure;
  }

  /**
   * How long to wait for `element` before the next is started beside it, in milliseconds; `undefined` for its end.
   * @param isSuspicious whether something failed just now.
   */
  hedgeMs(
    element: string,
    provenMs: number | undefined,
    isSuspicious: boolean,
  ): number | undefined {
    return this.#startTimes.hedgeMs(element, provenMs, isSuspicious);
  }

  /** `element` did not deliver its first packet in time. */
  onTimeout(element: string): void {
    this.#startTimes.onTimeout(element);
  }

  /**
   * A pipeline ended by itself, and not because its display did.
   * @param atMs when, on the clock.
   */
  onEnded(
    { running, capture }: StartedVideo,
    reason: string,
    atMs: number,
  ): void {
    if (capture !== "damage") return;
    const lastWords = running.lastLines().at(-1) ?? "";
    if (!isOfEncoder(lastWords))
      this.#onHostFailed(running.element, reason, atMs);
  }

  /**
   * Starts a pipeline and waits for its first packet.
   * @throws StreamSpaceError as the runners do.
   */
  async start(attempt: StartAttempt): Promise<StartedVideo> {
    const { capture, log } = this.#options;
    if (capture === "polling" || this.#hostFailure !== undefined)
      return await this.#timed(attempt, "polling", this.captureInWords);
    try {
      const started = await this.#timed(attempt, "damage", this.captureInWords);
      this.#host.onWorked();
      return started;
    } catch (error) {
      const reason = messageOf(error);
      if (isHostFailure(error))
        this.#onHostFailed(attempt.encoder.element, reason);
      if (capture === "damage" || !this.#host.mayBeAtFault(error)) throw error;
      const words = polledSince(reason);
      const started = await this.#timed(attempt, "polling", words);
      // Only now is it sure that the host was at fault, and not the encoder.
      this.#host.onWorkedWithout(error);
      log.warn(
        { reason },
        "capture on damage does not work here; polling the screen instead",
      );
      return started;
    }
  }

  #onHostFailed(
    element: string,
    reason: string,
    atMs = this.#options.clock.nowMs(),
  ): void {
    const before = this.#hostFailure;
    this.#host.onFailed({ element, reason, atMs });
    const failure = this.#hostFailure;
    if (failure !== undefined && failure !== before)
      this.#options.log.warn(
        { reason: failure },
        "capture on damage is given a rest; polling the screen instead",
      );
  }

  /** Starts `attempt` within the deadline of its encoder, and learns how long it took. */
  async #timed(
    attempt: StartAttempt,
    capture: CaptureWay,
    captureInWords: string,
  ): Promise<StartedVideo> {
    const { clock } = this.#options;
    const { element } = attempt.encoder;
    const provenMs = attempt.run.startMsOf?.(element);
    const extraMs = capture === "damage" ? hostExtraMs : 0;
    const timeoutMs = Math.min(
      attempt.start.timeoutMs,
      this.#startTimes.deadlineMs(
        element,
        provenMs === undefined ? undefined : provenMs + extraMs,
        attempt.target.screen.width * attempt.target.screen.height,
      ),
    );
    const start = { ...attempt.start, timeoutMs };
    const startedMs = clock.nowMs();
    const running = await (capture === "damage"
      ? this.#runHost({ ...attempt, start })
      : this.#poll({ ...attempt, start }));
    this.#startTimes.onStarted(element, clock.nowMs() - startedMs);
    const close = (): Promise<void> => running.close();
    return { running, capture, captureInWords, close };
  }

  #runHost({
    run,
    encoder,
    target,
    start,
  }: StartAttempt): Promise<RunningVideo> {
    const { spawner, events } = this.#options;
    const { targetBps, frameRate } = ratesOf(run, start);
    return runHost({
      ...start,
      ...events.listener(encoder.element),
      pipeline: hostVideoPipeline(encoder, {
        ...run,
        frameRate,
        bitrateBps: targetBps,
      }),
      display: target.display,
      env: target.env,
      frameRate,
      targetBps,
      showPointer: this.#options.showPointer,
      spawner,
    });
  }

  #poll({ run, encoder, target, start }: StartAttempt): Promise<RunningVideo> {
    const { spawner, events } = this.#options;
    return runLaunch({
      ...start,
      ...events.listener(encoder.element),
      encoder,
      display: target.display,
      env: target.env,
      settings: { ...ratesOf(run, start), screen: target.screen },
      threads: run.threads,
      showPointer: this.#options.showPointer,
      spawner,
    });
  }
}

function polledSince(failure: string): string {
  return `the screen is polled, since capture on damage failed: ${failure}`;
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
