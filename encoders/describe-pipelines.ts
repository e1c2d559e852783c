/**
 * Every pipeline the agent would run with given settings, for `streamspace-agent pipelines` and `doctor`.
 */
import { availableParallelism } from "node:os";
import { audioPipeline } from "./audio-pipeline.ts";
import type { AudioChannels } from "./audio/channels.ts";
import { shellLine, type Pipeline } from "./pipeline.ts";
import type { VideoEncoder } from "./video-encoding.ts";
import { videoPipeline } from "./video-pipeline.ts";

/** The settings that decide what the pipelines look like. */
export interface PipelineSettings {
  frameRate: number;
  videoBitrateBps: number;
  audio: boolean;
  audioChannels: AudioChannels;
  audioBitrateBps: number;
  /** Who draws the pointer; the video unless it is the `client`. */
  cursor?: "client" | "video";
}

/** What the pipelines record. */
export interface CaptureTargets {
  /** X display, e.g. `:99`. */
  display: string;
  /** PulseAudio server, e.g. `unix:/run/streamspace/pulse/native`. */
  pulseServer: string;
  /** FIFO that the sound server writes. */
  soundFifo: string;
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
  encoders: readonly VideoEncoder[],
  targets: CaptureTargets,
): Pipeline[] {
  const video = encoders.map((encoder) =>
    videoPipeline({
      encoder,
      display: targets.display,
      frameRate: settings.frameRate,
      bitrateBps: settings.videoBitrateBps,
      threads: encoderThreads(),
      showPointer: settings.cursor !== "client",
    }),
  );
  if (!settings.audio) return video;
  return [
    ...video,
    audioPipeline({
      fifo: targets.soundFifo,
      channels: settings.audioChannels,
      bitrateBps: settings.audioBitrateBps,
    }),
  ];
}

/** The pipelines as something to print. */
export function describePipelines(
  settings: PipelineSettings,
  encoders: readonly VideoEncoder[],
  targets: CaptureTargets,
): PipelineDescription[] {
  return sessionPipelines(settings, encoders, targets).map((pipeline) => ({
    name: pipeline.name,
    encoder: pipeline.encoder,
    elements: pipeline.elements,
    argv: ["gst-launch-1.0", "-q", ...pipeline.args],
    shellLine: shellLine(pipeline),
  }));
}
