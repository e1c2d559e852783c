/**
 * Every pipeline the agent would run with given settings, for `streamspace-agent pipelines` and `doctor`.
 */
import { availableParallelism } from "node:os";
import { audioPipeline } from "./audio-pipeline.ts";
import { shellLine, type Pipeline } from "./pipeline.ts";
import { softwareEncoder } from "./software-encoders.ts";
import { videoPipeline } from "./video-pipeline.ts";

/** The settings that decide what the pipelines look like. */
export interface PipelineSettings {
  frameRate: number;
  videoBitrateBps: number;
  videoCodecs: readonly ("h264" | "vp8")[];
  audio: boolean;
  audioBitrateBps: number;
}

/** What the pipelines record. */
export interface CaptureTargets {
  /** X display, e.g. `:99`. */
  display: string;
  /** PulseAudio server, e.g. `unix:/run/streamspace/pulse/native`. */
  pulseServer: string;
  /** PulseAudio source. */
  pulseSource: string;
}

/** A pipeline and the line that runs it from a shell. */
export interface PipelineDescription {
  name: string;
  encoder: string;
  elements: readonly string[];
  argv: readonly string[];
  shellLine: string;
}

/**
 * Threads of a software encoder: one for each processor, and at most four, because x264 makes a slice
 * for each and Chromium's decoder gets slower beyond that.
 */
export function encoderThreads(): number {
  return Math.min(4, availableParallelism());
}

/** The pipelines themselves. */
export function sessionPipelines(
  settings: PipelineSettings,
  targets: CaptureTargets,
): Pipeline[] {
  const video = settings.videoCodecs.map((codec) =>
    videoPipeline({
      encoder: softwareEncoder(codec),
      display: targets.display,
      frameRate: settings.frameRate,
      bitrateBps: settings.videoBitrateBps,
      threads: encoderThreads(),
    }),
  );
  if (!settings.audio) return video;
  return [
    ...video,
    audioPipeline({
      pulseServer: targets.pulseServer,
      device: targets.pulseSource,
      bitrateBps: settings.audioBitrateBps,
    }),
  ];
}

/** The pipelines as something to print. */
export function describePipelines(
  settings: PipelineSettings,
  targets: CaptureTargets,
): PipelineDescription[] {
  return sessionPipelines(settings, targets).map((pipeline) => ({
    name: pipeline.name,
    encoder: pipeline.encoder,
    elements: pipeline.elements,
    argv: ["gst-launch-1.0", "-q", ...pipeline.args],
    shellLine: shellLine(pipeline),
  }));
}
