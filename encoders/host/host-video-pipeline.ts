/**
 * The launch descriptions that the host runs: an encoder of `video-encoding.ts` behind an `appsrc`.
 */
import {
  videoClockRate,
  videoEncoding,
  type VideoEncodingOptions,
} from "../video-encoding.ts";
import {
  hostPipeline,
  nominalFps,
  type HostPipeline,
} from "./host-pipeline.ts";

/** The pipeline for `options`; its caps name {@link nominalFps}, whatever the frame rate. */
export function hostVideoPipeline(options: VideoEncodingOptions): HostPipeline {
  return hostPipeline({
    name: `video-${options.codec}`,
    clockRate: videoClockRate,
    pixelFormat: "I420",
    // x264 reads its VBV in frames of the caps' rate, so the settings are made for that rate.
    ...videoEncoding({ ...options, frameRate: nominalFps }),
  });
}
