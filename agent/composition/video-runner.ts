/**
 * Runs video pipelines with the best encoder that has not just failed, and knows what runs and why.
 */
import { describeExit, type ChildSpawner } from "../base/child-process.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf, StreamSpaceError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { VideoCapture } from "../config/video-capture.ts";
import type { HostBeat } from "../../encoders/host/control.ts";
import {
  EncoderLadder,
  type EncoderTrouble,
} from "../../encoders/runners/encoder-ladder.ts";
import { startFirst } from "../../encoders/runners/hedged-start.ts";
import type { RunningVideo } from "../../encoders/runners/running-pipeline.ts";
import type {
  VideoEncoder,
  VideoPipelineCodec,
} from "../../encoders/video-encoding.ts";
import {
  EncoderEvents,
  type EncoderCount,
  type EncoderEvent,
  type EncoderFailure,
} from "./encoder-events.ts";
import type { StreamStart } from "./media-stream.ts";
import {
  PipelineStarter,
  type CaptureDisplay,
  type CaptureServer,
  type CaptureWay,
  type StartedVideo,
  type VideoRun,
} from "./pipeline-starter.ts";

/** What encodes a codec, or did last, and why. */
export interface VideoReport {
  codec: VideoPipelineCodec;
  /** GStreamer element that encodes. */
  element: string;
  capture: CaptureWay;
  captureInWords: string;
  /** Why it is not the best that was proven here; `undefined` where it is. */
  whyBelowBest: string | undefined;
  isRunning: boolean;
  /** What it last said of its work; `undefined` while none runs, or where it says nothing. */
  lastBeat: HostBeat | undefined;
}

/** A pipeline that ended while it was wanted, or did not start. */
interface Failure {
  element: string;
  kind: EncoderFailure;
  reason: string;
  atMs: number;
  server: CaptureServer;
  /** What ended; `undefined` where it did not start. */
  started: StartedVideo | undefined;
}

/** The pipeline that was started last for a codec. */
type Latest = Omit<VideoReport, "isRunning" | "lastBeat"> & {
  running: RunningVideo | undefined;
};

/** See the module's description. */
export class VideoRunner {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #ladder: EncoderLadder;
  readonly #events: EncoderEvents;
  readonly #starter: PipelineStarter;
  readonly #latest = new Map<VideoPipelineCodec, Latest>();
  #failures: Failure[] = [];

  constructor(options: {
    spawner: ChildSpawner;
    log: Logger;
    clock: Clock;
    capture: VideoCapture;
    /** Whether the pointer is part of the picture. */
    showPointer: boolean;
    /** Hears of all that happens in the runners, but for beats. Must not throw. */
    onEvent?: (element: string, event: EncoderEvent) => void;
  }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#ladder = new EncoderLadder(options.clock);
    this.#events = new EncoderEvents(options);
    this.#starter = new PipelineStarter({ ...options, events: this.#events });
  }

  /** How the screen would be captured by a pipeline that starts now, in words. */
  get captureInWords(): string {
    return this.#starter.captureInWords;
  }

  /** Encoders that have failed in this session. */
  troubles(): readonly EncoderTrouble[] {
    return this.#ladder.troubles();
  }

  /** How often encoders failed, and what else happened in them. */
  counts(): {
    failures: readonly EncoderCount[];
    events: readonly EncoderCount[];
  } {
    return { failures: this.#events.failures(), events: this.#events.events() };
  }

  /** What runs now. */
  report(): readonly VideoReport[] {
    return [...this.#latest.keys()].flatMap((codec) => {
      const report = this.reportOf(codec);
      return report?.isRunning === true ? [report] : [];
    });
  }

  /** What encodes `codec`, or did last; `undefined` where nothing has yet. */
  reportOf(codec: VideoPipelineCodec): VideoReport | undefined {
    const latest = this.#latest.get(codec);
    if (latest === undefined) return undefined;
    const { running, ...facts } = latest;
    return {
      ...facts,
      isRunning: running !== undefined,
      lastBeat: running?.lastBeat,
    };
  }

  /** For the health report: how the frames of `codec` come about, in words, and why another encoder would be better. */
  choiceOf(codec: VideoPipelineCodec): {
    capture: string;
    whyBelowBest: string | undefined;
  } {
    const report = this.reportOf(codec);
    if (report?.isRunning !== true)
      return { capture: this.captureInWords, whyBelowBest: undefined };
    const { captureInWords: capture, whyBelowBest } = report;
    return { capture, whyBelowBest };
  }

  /**
   * Starts a pipeline and waits for its first packet: with the first encoder that delivers, in the order of the ladder.
   * @throws StreamSpaceError as the runners do, of the last encoder that was tried; `display-unreachable` where the display
   *   does not answer: no encoder could do better.
   */
  async run(
    run: VideoRun,
    target: CaptureDisplay,
    start: StreamStart,
  ): Promise<RunningVideo> {
    const isOfRun = ({ element }: Failure): boolean =>
      run.encoders.some((encoder) => encoder.element === element);
    if (!(await target.server.answers())) {
      this.#failures = this.#failures.filter((each) => !isOfRun(each));
      throw new StreamSpaceError(
        "display-unreachable",
        "the display does not answer",
      );
    }
    this.#blame(isOfRun, target);
    const { hasRecentFailure } = this.#ladder;
    const started = await startFirst<VideoEncoder, StartedVideo>({
      candidates: this.#ladder.order(run.encoders),
      start: (encoder, signal) =>
        this.#starter.start({
          run,
          encoder,
          target,
          start: { ...start, signal },
        }),
      hedgeMs: ({ element }) =>
        this.#starter.hedgeMs(
          element,
          run.startMsOf?.(element),
          hasRecentFailure,
        ),
      onFailed: ({ element }, error) => {
        this.#onFailedStart(element, error, target);
      },
      onSlower: ({ element }) => {
        this.#ladder.failed(element, "it did not start in time");
        this.#events.onFailed(element, "slow-start");
      },
      signal: start.signal,
    });
    // The display is well, as a picture of it came: what failed on it just now failed by itself.
    this.#blame(isOfRun, target);
    this.#follow(started, run, target);
    return started.running;
  }

  #onFailedStart(
    element: string,
    error: unknown,
    { server }: CaptureDisplay,
  ): void {
    const reason = messageOf(error);
    this.#log.warn({ encoder: element, reason }, "an encoder did not start");
    const code = error instanceof StreamSpaceError ? error.code : "internal";
    if (code === "timeout") this.#starter.onTimeout(element);
    // Neither says anything of the encoder.
    if (code === "display-unreachable" || code === "spawn-failed") return;
    const atMs = this.#clock.nowMs();
    this.#failures.push({
      ...{ element, reason, atMs, server },
      kind: "start",
      started: undefined,
    });
  }

  #follow(
    started: StartedVideo,
    run: VideoRun,
    { server }: CaptureDisplay,
  ): void {
    const { running, capture, captureInWords } = started;
    const { element } = running;
    const encoder = run.encoders.find((one) => one.element === element);
    if (encoder === undefined) return;
    const whyBelowBest = this.#ladder.whyBelowBest(run.encoders, element);
    const { codec } = encoder;
    const latest: Latest = {
      ...{ codec, element, capture, captureInWords, whyBelowBest },
      running,
    };
    this.#latest.set(codec, latest);
    void running.exited.then((exit) => {
      latest.running = undefined;
      if (exit.kind === "requested") return;
      const reason = describeExit(exit);
      const atMs = this.#clock.nowMs();
      const { kind } = exit;
      this.#failures.push({ element, kind, reason, atMs, server, started });
    });
  }

  /** Counts failures against their encoders, where the display did not end or hang too. */
  #blame(
    isOfRun: (failure: Failure) => boolean,
    { server }: CaptureDisplay,
  ): void {
    const due = this.#failures.filter(isOfRun);
    this.#failures = this.#failures.filter((failure) => !isOfRun(failure));
    for (const { element, kind, reason, atMs, ...failure } of due) {
      if (failure.server !== server || server.hungAt(atMs)) continue;
      this.#events.onFailed(element, kind);
      if (failure.started === undefined) {
        this.#ladder.failedToStart(element, reason, atMs);
        continue;
      }
      this.#ladder.failed(element, reason, atMs);
      this.#starter.onEnded(failure.started, reason, atMs);
    }
  }
}
