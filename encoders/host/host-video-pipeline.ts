/**
 * The launch descriptions that the host runs: an encoder of `video-encoding.ts` behind an `appsrc`.
 */
import {
  videoClockRate,
  type VideoEncoder,
  type VideoEncodingOptions,
} from "../video-encoding.ts";
import {
  hostPipeline,
  nominalFps,
  type HostPipeline,
} from "./host-pipeline.ts";

/** The pipeline for `options`; its caps name {@link nominalFps}, whatever the frame rate. */
export function hostVideoPipeline(
  encoder: VideoEncoder,
  options: VideoEncodingOptions,
): HostPipeline {
  // x264 reads its VBV in frames of the caps' rate, so the settings are made for that rate.
  const encoding = encoder.encoding({ ...options, frameRate: nominalFps });
  return {
    ...hostPipeline({
      name: `video-${encoder.codec}`,
      clockRate: videoClockRate,
      ...encoding,
    }),
    codec: encoder.codec,
    withRates: ({ targetBps, frameRate }) =>
      hostVideoPipeline(encoder, {
        ...options,
        frameRate,
        bitrateBps: targetBps,
      }),
  };
}
