/**
 * When a pipeline that cannot be changed while it runs is swapped for one with other settings.
 *
 * A swap costs a key frame and, for a moment, a second encoder; so changes are gathered, small ones of the bit
 * rate wait until they add up, and settings that could not be started are not tried again. Pure: it is given the time.
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

/** See the module's description. */
export class SwapSchedule {
  #running: LaunchSettings;
  #wanted: LaunchSettings;
  #failed: LaunchSettings | undefined;
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
    if (this.#failed !== undefined && isSame(this.#failed, wanted))
      return undefined;
    return Math.max(0, this.#notBeforeMs - nowMs);
  }

  /** A swap begins. @returns the settings of the new pipeline. */
  begin(nowMs: number): LaunchSettings {
    this.#swapping = this.#wanted;
    this.#notBeforeMs = nowMs + swapEveryMs;
    return this.#wanted;
  }

  /** The swap came to its end; what runs is the new pipeline where it succeeded, and the old one otherwise. */
  end(hasSucceeded: boolean): void {
    if (this.#swapping === undefined) return;
    if (hasSucceeded) this.#running = this.#swapping;
    this.#failed = hasSucceeded ? undefined : this.#swapping;
    this.#swapping = undefined;
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
