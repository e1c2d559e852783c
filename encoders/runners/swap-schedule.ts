/**
 * When a pipeline that cannot be changed while it runs is swapped for one with other settings.
 *
 * A swap costs a key frame and, for a moment, a second encoder; so changes are gathered, small ones of the bit
 * rate wait until they add up, and settings that could not be started are tried again after a while, which grows: all
 * sessions of a card may have been taken. Pure: it is given the time.
 */
import type { ScreenSize } from "./running-pipeline.ts";

/** What can be changed. */
export interface LaunchSettings {
  /** Target in bit/s. */
  targetBps: number;
  /** Frames per second. */
  frameRate: number;
  screen: ScreenSize | undefined;
}

/** Least time between the starts of two swaps, in milliseconds. */
export const swapEveryMs = 2_000;
/** A bit rate that differs by less from the one that runs is not worth a key frame. */
export const leastRateChange = 0.15;

/** Settings that could not be started are tried again after this, in milliseconds; doubled each time. */
export const firstRetryMs = 10_000;
export const longestRetryMs = 320_000;

/** What could not be started. */
interface FailedSwap {
  settings: LaunchSettings;
  atMs: number;
  retryAfterMs: number;
}

/** See the module's description. */
export class SwapSchedule {
  #running: LaunchSettings;
  #wanted: LaunchSettings;
  #failed: FailedSwap | undefined;
  #swapping: LaunchSettings | undefined;
  #notBeforeMs = -Infinity;

  /** @param running the settings of the pipeline that runs. */
  constructor(running: LaunchSettings) {
    this.#running = running;
    this.#wanted = running;
  }

  /** Settings that are wanted from now on. */
  want(change: Partial<LaunchSettings>): void {
    this.#wanted = { ...this.#wanted, ...change };
  }

  /**
   * How long to wait before {@link begin}, in milliseconds; `undefined` where nothing is to be swapped, or where a
   * swap is under way.
   */
  waitMs(nowMs: number): number | undefined {
    const wanted = this.#wanted;
    if (this.#swapping !== undefined) return undefined;
    if (!isWorthSwap(this.#running, wanted)) return undefined;
    const failed = this.#failedWith(wanted);
    const retryMs =
      failed === undefined ? -Infinity : failed.atMs + failed.retryAfterMs;
    return Math.max(0, this.#notBeforeMs - nowMs, retryMs - nowMs);
  }

  /** A swap begins. @returns the settings of the new pipeline. */
  begin(nowMs: number): LaunchSettings {
    this.#swapping = this.#wanted;
    this.#notBeforeMs = nowMs + swapEveryMs;
    return this.#wanted;
  }

  /** The swap came to its end; what runs is the new pipeline where it succeeded, and the old one otherwise. */
  end(hasSucceeded: boolean, nowMs: number): void {
    const settings = this.#swapping;
    if (settings === undefined) return;
    this.#swapping = undefined;
    if (hasSucceeded) this.#running = settings;
    this.#failed = hasSucceeded
      ? undefined
      : { settings, atMs: nowMs, retryAfterMs: this.#retryAfterMs(settings) };
  }

  #failedWith(settings: LaunchSettings): FailedSwap | undefined {
    const failed = this.#failed;
    return failed !== undefined && isSame(failed.settings, settings)
      ? failed
      : undefined;
  }

  #retryAfterMs(settings: LaunchSettings): number {
    const before = this.#failedWith(settings);
    if (before === undefined) return firstRetryMs;
    return Math.min(longestRetryMs, 2 * before.retryAfterMs);
  }
}

function isWorthSwap(running: LaunchSettings, wanted: LaunchSettings): boolean {
  const rateChange = Math.abs(wanted.targetBps / running.targetBps - 1);
  return (
    rateChange >= leastRateChange ||
    !isSame({ ...wanted, targetBps: running.targetBps }, running)
  );
}

function isSame(one: LaunchSettings, other: LaunchSettings): boolean {
  return (
    one.targetBps === other.targetBps &&
    one.frameRate === other.frameRate &&
    one.screen?.width === other.screen?.width &&
    one.screen?.height === other.screen?.height
  );
}
