/**
 * Video by `gst-launch-1.0`, which cannot be changed while it runs: each change is a swap, see `swapping-runner.ts`.
 */
import {
  runPipeline,
  type PipelineChild,
  type RunPipelineOptions,
} from "../pipeline-child.ts";
import type { VideoEncoder } from "../video-encoding.ts";
import { videoPipeline } from "../video-pipeline.ts";
import type { RunningVideo } from "./running-pipeline.ts";
import type { LaunchSettings } from "./swap-schedule.ts";
import { SwappingRunner, type SwapEvent } from "./swapping-runner.ts";

/** What becomes of changes. */
export type LaunchEvent = SwapEvent;

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
  /** Whether the pointer is part of the picture; it is unless `false`. */
  showPointer?: boolean;
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
  const { settings, signal, clock, onEvent, encoder } = options;
  const start = (
    wanted: LaunchSettings,
    until: AbortSignal,
  ): Promise<PipelineChild> => startChild(options, wanted, until);
  const first = await start(settings, signal);
  const { element } = encoder;
  return new SwappingRunner(
    { element, settings, start, clock, onEvent },
    first,
  );
}

function startChild(
  options: RunLaunchOptions,
  settings: LaunchSettings,
  signal: AbortSignal,
): Promise<PipelineChild> {
  const { encoder, display, threads, showPointer = true } = options;
  const { targetBps, frameRate, screen } = settings;
  return runPipeline({
    ...options,
    ...patience(options),
    signal,
    hasWallClock: true,
    targetBps,
    pipeline: videoPipeline({
      encoder,
      display,
      threads,
      showPointer,
      frameRate,
      bitrateBps: targetBps,
      ...(screen === undefined ? {} : { screen }),
    }),
  });
}

/**
 * Silence of an encoder that may leave frames out means less. It must still be found out within 2 s; frames that take longer
 * than that at their rate (noise, below half a megabit) are not worth waiting for.
 */
const droppingStallMs = 1_750;

function patience({
  encoder,
  stallMs,
}: RunLaunchOptions): Pick<RunLaunchOptions, "stallMs"> {
  if (stallMs === undefined || !encoder.dropsFrames) return {};
  return { stallMs: Math.max(stallMs, droppingStallMs) };
}
