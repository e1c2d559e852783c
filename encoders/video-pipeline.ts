/**
 * Launch descriptions that poll an X display: what `gst-launch-1.0` can run as it stands, and the
 * fallback where the host (`host/`) cannot work.
 */
import {
  elementNames,
  rtpElements,
  rtpLaunchArgs,
  type Pipeline,
  type Stage,
} from "./pipeline.ts";
import {
  videoClockRate,
  type VideoEncoder,
  type VideoEncodingOptions,
} from "./video-encoding.ts";

/** What a video pipeline is made from. */
export interface VideoPipelineOptions extends VideoEncodingOptions {
  encoder: VideoEncoder;
  /** X display to capture, e.g. `:99`. */
  display: string;
  /** Size of the display in pixels, where it is known: one that is odd is captured without its last pixel. */
  screen?: { width: number; height: number };
  /** Whether the pointer is part of the picture; it is unless `false`. */
  showPointer?: boolean;
}

/** The pipeline for `options`. */
export function videoPipeline(options: VideoPipelineOptions): Pipeline {
  const { codec } = options.encoder;
  const { conversion, encoder, between, payloader } = options.encoder.encoding({
    ...options,
    mayDropFrames: true,
  });
  const stages: Stage[] = [
    {
      name: "ximagesrc",
      properties: {
        "display-name": options.display,
        // With XDamage, ximagesrc copies rectangle by rectangle and is slower on a busy screen.
        "use-damage": false,
        "show-pointer": options.showPointer ?? true,
        ...evenEnd(options.screen),
      },
    },
    { name: `video/x-raw,framerate=${options.frameRate}/1` },
    ...conversion,
    encoder,
    ...between,
    payloader,
  ];
  return {
    name: `video-${codec}`,
    encoder: encoder.name,
    elements: [...elementNames(stages), ...rtpElements],
    clockRate: videoClockRate,
    args: rtpLaunchArgs(stages),
  };
}

/** I420 halves both sides, and x264 refuses odd ones: the last pixel captured, where it is not the last there is. */
function evenEnd(
  screen: { width: number; height: number } | undefined,
): Record<string, number> {
  if (screen === undefined) return {};
  return {
    ...(screen.width % 2 === 0 ? {} : { endx: screen.width - 2 }),
    ...(screen.height % 2 === 0 ? {} : { endy: screen.height - 2 }),
  };
}
