/**
 * Video of children that cannot be changed while they run: a change starts a second child with the new settings beside
 * the first. When its first packet is there, a key frame, the source takes that child's packets and the first one is
 * ended (make before break); where none comes, the first one goes on. Where the first one ends meanwhile, the new one
 * has {@link graceMs} left: nobody feeds the viewers.
 */
import type { ExitReason } from "../../agent/base/child-process.ts";
import type { Clock } from "../../agent/base/clock.ts";
import { settlesWithin } from "../../agent/base/deadline.ts";
import { messageOf } from "../../agent/base/errors.ts";
import { once } from "../../agent/base/shutdown.ts";
import type { HostBeat } from "../host/control.ts";
import type {
  RunningPipeline,
  RunningVideo,
  ScreenSize,
} from "./running-pipeline.ts";
import { SwapSchedule, type LaunchSettings } from "./swap-schedule.ts";

/** What a swap is given from the end of the old child on, in milliseconds: a start takes a tenth of a second. */
const graceMs = 500;

/** What becomes of changes. */
export type SwapEvent =
  /** A child with these settings feeds the source now. */
  | { type: "swapped"; settings: LaunchSettings }
  /** The child before goes on, with its settings. */
  | { type: "swap-failed"; settings: LaunchSettings; reason: string };

/** A child that feeds the source from its first packet on. */
export interface SwappableChild extends RunningPipeline {
  /** Of a host. */
  readonly lastBeat?: HostBeat | undefined;
  requestKeyFrame(): void;
}

/** How to swap. */
export interface SwapOptions {
  /** GStreamer element that encodes. */
  element: string;
  /** Of the first child. */
  settings: LaunchSettings;
  /** Starts a child and waits for its first packet. */
  start: (
    settings: LaunchSettings,
    signal: AbortSignal,
  ) => Promise<SwappableChild>;
  clock: Clock;
  /** Must not throw. */
  onEvent?: ((event: SwapEvent) => void) | undefined;
}

/** See the module's description. */
export class SwappingRunner implements RunningVideo {
  readonly element: string;
  readonly exited: Promise<ExitReason>;
  readonly close: () => Promise<void>;
  readonly #options: SwapOptions;
  readonly #schedule: SwapSchedule;
  readonly #closing = new AbortController();
  readonly #ended = Promise.withResolvers<ExitReason>();
  #current: SwappableChild;
  /** The child whose end is the end of the whole has ended. */
  #isOrphaned = false;
  #swap: { ended: Promise<void>; abort: AbortController } | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param first a child that runs with `options.settings`. */
  constructor(options: SwapOptions, first: SwappableChild) {
    this.#options = options;
    this.element = options.element;
    this.#schedule = new SwapSchedule(options.settings);
    this.exited = this.#ended.promise;
    this.close = once(() => this.#close());
    this.#current = first;
    this.#follow(first);
  }

  get lastBeat(): HostBeat | undefined {
    return this.#current.lastBeat;
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
    // What is said in one go, bit rate and frame rate, is one swap.
    queueMicrotask(() => {
      this.#review();
    });
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
      const next = await this.#options.start(
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

  #follow(child: SwappableChild): void {
    void child.exited.then((reason) => this.#onExited(child, reason));
  }

  /** The end of the child that feeds the source is the end of the whole, unless another takes its place just now. */
  async #onExited(child: SwappableChild, reason: ExitReason): Promise<void> {
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
