/**
 * Video by `gst-launch-1.0`, which cannot be changed while it runs: a change starts a second child with the new
 * settings beside the first. When its first packet is there, a key frame, the source takes that child's packets and
 * the first one is ended (make before break); where none comes, the first one goes on. Where the first one ends
 * meanwhile, the new one has {@link graceMs} left: nobody feeds the viewers.
 */
import type { ExitReason } from "../../agent/base/child-process.ts";
import { settlesWithin } from "../../agent/base/deadline.ts";
import { messageOf } from "../../agent/base/errors.ts";
import { once } from "../../agent/base/shutdown.ts";
import {
  runPipeline,
  type PipelineChild,
  type RunPipelineOptions,
} from "../pipeline-child.ts";
import type { VideoEncoder } from "../video-encoding.ts";
import { videoPipeline } from "../video-pipeline.ts";
import type { RunningVideo, ScreenSize } from "./running-pipeline.ts";
import { SwapSchedule, type LaunchSettings } from "./swap-schedule.ts";

/** What a swap is given from the end of the old child on, in milliseconds: a start takes a tenth of a second. */
const graceMs = 500;

/** What becomes of changes. */
export type LaunchEvent =
  /** A child with these settings feeds the source now. */
  | { type: "swapped"; settings: LaunchSettings }
  /** The child before goes on, with its settings. */
  | { type: "swap-failed"; settings: LaunchSettings; reason: string };

/** How to run video by gst-launch. */
export interface RunLaunchOptions extends Omit<
  RunPipelineOptions,
  "pipeline" | "hasWallClock" | "targetBps"
> {
  encoder: VideoEncoder;
  /** X display to capture, e.g. `:99`. */
  display: string;
  /** What it starts with. Odd sides of the screen are captured without their last pixel. */
  settings: LaunchSettings;
  /** Threads of a software encoder. */
  threads: number;
  /** Must not throw. */
  onEvent?: (event: LaunchEvent) => void;
}

/**
 * Starts the first child and waits for its first RTP packet.
 * @throws StreamSpaceError as {@link runPipeline} does.
 */
export async function runLaunch(
  options: RunLaunchOptions,
): Promise<RunningVideo> {
  const { settings, signal } = options;
  return new LaunchRunner(options, await startChild(options, settings, signal));
}

function startChild(
  options: RunLaunchOptions,
  settings: LaunchSettings,
  signal: AbortSignal,
): Promise<PipelineChild> {
  const { encoder, display, threads } = options;
  const { targetBps, frameRate, screen } = settings;
  return runPipeline({
    ...options,
    signal,
    hasWallClock: true,
    targetBps,
    pipeline: videoPipeline({
      encoder,
      display,
      threads,
      frameRate,
      bitrateBps: targetBps,
      ...(screen === undefined ? {} : { screen }),
    }),
  });
}

class LaunchRunner implements RunningVideo {
  readonly element: string;
  readonly exited: Promise<ExitReason>;
  readonly lastBeat = undefined;
  readonly close: () => Promise<void>;
  readonly #options: RunLaunchOptions;
  readonly #schedule: SwapSchedule;
  readonly #closing = new AbortController();
  readonly #ended = Promise.withResolvers<ExitReason>();
  #current: PipelineChild;
  /** The child whose end is the end of the whole has ended. */
  #isOrphaned = false;
  #swap: { ended: Promise<void>; abort: AbortController } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunLaunchOptions, first: PipelineChild) {
    this.#options = options;
    this.element = options.encoder.element;
    this.#schedule = new SwapSchedule(options.settings);
    this.exited = this.#ended.promise;
    this.close = once(() => this.#close());
    this.#current = first;
    this.#follow(first);
  }

  requestKeyFrame(): void {
    this.#current.requestKeyFrame();
  }

  setTargetBps(targetBps: number): void {
    this.#change({ targetBps });
  }

  setFps(frameRate: number): void {
    this.#change({ frameRate });
  }

  resize(screen: ScreenSize): void {
    this.#change({ screen });
  }

  lastLines(): string[] {
    return this.#current.lastLines();
  }

  #change(change: Partial<LaunchSettings>): void {
    this.#schedule.want(change);
    this.#review();
  }

  /** Begins a swap when one is due. */
  #review(): void {
    clearTimeout(this.#timer);
    if (this.#closing.signal.aborted || this.#isOrphaned) return;
    const nowMs = this.#options.clock.nowMs();
    const waitMs = this.#schedule.waitMs(nowMs);
    if (waitMs === undefined) return;
    if (waitMs > 0) {
      this.#timer = setTimeout(() => {
        this.#review();
      }, waitMs);
      return;
    }
    const abort = new AbortController();
    const ended = this.#swapTo(this.#schedule.begin(nowMs), abort.signal);
    this.#swap = { ended, abort };
  }

  /** Never rejects. */
  async #swapTo(settings: LaunchSettings, signal: AbortSignal): Promise<void> {
    const { onEvent, clock } = this.#options;
    const closing = this.#closing.signal;
    const old = this.#current;
    try {
      const next = await startChild(
        this.#options,
        settings,
        AbortSignal.any([signal, closing]),
      );
      this.#current = next;
      this.#isOrphaned = false;
      this.#follow(next);
      this.#schedule.end(true, clock.nowMs());
      onEvent?.({ type: "swapped", settings });
    } catch (error) {
      this.#schedule.end(false, clock.nowMs());
      const reason = signal.aborted
        ? `no packet within ${graceMs} ms after the end of the child before`
        : messageOf(error);
      if (!closing.aborted)
        onEvent?.({ type: "swap-failed", settings, reason });
    }
    if (this.#current !== old) await old.close();
    this.#swap = undefined;
    this.#review();
  }

  #follow(child: PipelineChild): void {
    void child.exited.then((reason) => this.#onExited(child, reason));
  }

  /** The end of the child that feeds the source is the end of the whole, unless another takes its place just now. */
  async #onExited(child: PipelineChild, reason: ExitReason): Promise<void> {
    if (this.#current !== child) return;
    this.#isOrphaned = true;
    const swap = this.#swap;
    if (swap !== undefined && !(await settlesWithin(swap.ended, graceMs))) {
      swap.abort.abort();
      await swap.ended;
    }
    if (this.#current !== child) return;
    await this.close();
    this.#ended.resolve(reason);
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#closing.abort();
    await Promise.all([this.#current.close(), this.#swap?.ended]);
    // A swap that succeeded at the last moment has brought another.
    await this.#current.close();
  }
}
