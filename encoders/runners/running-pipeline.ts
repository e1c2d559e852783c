/**
 * What every child that sends RTP offers once its first packet has arrived, whichever program it is.
 */
import type { ExitReason } from "../../agent/base/child-process.ts";
import type { HostBeat } from "../host/control.ts";

/** A pipeline whose first packet has arrived. */
export interface RunningPipeline {
  /** Settles once, when the child is gone; `stalled` or `garbage` where it did not do its work. */
  readonly exited: Promise<ExitReason>;
  /** Ends it; resolves when it is gone, also in the middle of a change. Twice is harmless. */
  close(): Promise<void>;
  /** The last lines it wrote, oldest first. */
  lastLines(): string[];
}

/** Size of a display in pixels. */
export interface ScreenSize {
  width: number;
  height: number;
}

/**
 * Video that can be changed while it runs. How, is the runner's: the host changes at once and without a key frame;
 * the launch runner starts another child beside the first, so a change comes later and with a key frame.
 */
export interface RunningVideo extends RunningPipeline {
  /** GStreamer element that encodes, e.g. `x264enc`. */
  readonly element: string;
  /** What the child last said about its work; only a host says anything. */
  readonly lastBeat: HostBeat | undefined;
  /** Makes the next frame a key frame. Unlimited: ask `RtpSource.requestKeyFrame`, which has a floor. */
  requestKeyFrame(): void;
  /** Target in bit/s, 10,000–1,000,000,000. */
  setTargetBps(targetBps: number): void;
  /** Frames per second at most, 1–144. */
  setFps(frameRate: number): void;
  /** The display has another size. A host sees that by itself. */
  resize(screen: ScreenSize): void;
}
