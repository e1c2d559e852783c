/**
 * Launch descriptions for the host: as `video-pipeline.ts` makes them, but with an `appsrc` in place of the
 * source and the conversion.
 */
import {
  elementNames,
  rtpElements,
  rtpLaunchArgs,
  type Pipeline,
  type Stage,
} from "../pipeline.ts";
import {
  rateProperties,
  type ColourMatrix,
  type RateControl,
  type VideoPipelineCodec,
} from "../video-encoding.ts";
import type { PixelFormat } from "./frame-layout.ts";

/** Names by which the host finds the elements it talks to. */
export const hostElements = {
  source: "source",
  encoder: "encoder",
  meter: "meter",
} as const;

/** Frame rate in the caps, whatever the real one: changing it would restart encoders with a key frame. */
export const nominalFps = 60;

/**
 * The properties that `targetBps` asks for, and their values. An encoder that counts frames believes in
 * {@link nominalFps} of them a second, so at a lower rate each may have more bits.
 */
export function encoderProperties(
  control: RateControl,
  options: { targetBps: number; frameRate: number },
): Record<string, number> {
  const scale =
    control.countsBy === "frames" ? nominalFps / options.frameRate : 1;
  return rateProperties(control, options.targetBps * scale);
}

/** A pipeline that only the host can run. */
export interface HostPipeline extends Pipeline {
  /** Format of the frames that go into it. */
  pixelFormat: PixelFormat;
  /** Matrix of those frames; without meaning for `BGRx`. */
  matrix: ColourMatrix;
  rateControl: RateControl;
  /** What comes out, where the host can make use of knowing it. */
  codec?: VideoPipelineCodec | undefined;
  /** The same for other rates: for an encoder that refuses a change while it runs. */
  withRates?: ((rates: HostRates) => HostPipeline) | undefined;
}

/** Rates that a host is asked for. */
export interface HostRates {
  /** Bit/s. */
  targetBps: number;
  /** Frames per second at most. */
  frameRate: number;
}

/** What a host pipeline is made from. */
export interface HostPipelineOptions {
  /** Name in logs and health, e.g. `video-h264`. */
  name: string;
  clockRate: number;
  /** The encoder, with the properties it starts with. */
  encoder: Stage;
  /** What lies between encoder and payloader: caps, parsers. */
  between: readonly Stage[];
  payloader: Stage;
  /** Elements in front of the encoder, for paths through a GPU. */
  upload?: readonly Stage[];
  pixelFormat: PixelFormat;
  matrix: ColourMatrix;
  rateControl: RateControl;
}

/** The pipeline for `options`. */
export function hostPipeline(options: HostPipelineOptions): HostPipeline {
  const stages: Stage[] = [
    {
      name: "appsrc",
      properties: {
        name: hostElements.source,
        format: "time",
        "is-live": true,
        // The host itself never has more than one frame under way; this is what holds if it errs.
        "max-buffers": 2,
        "leaky-type": "downstream",
      },
    },
    ...(options.upload ?? []),
    {
      name: options.encoder.name,
      properties: { name: hostElements.encoder, ...options.encoder.properties },
    },
    ...options.between,
    { name: "tee", properties: { name: "encoded" } },
    options.payloader,
  ];
  return {
    name: options.name,
    encoder: options.encoder.name,
    elements: [...elementNames(stages), "appsink", ...rtpElements],
    clockRate: options.clockRate,
    args: [...rtpLaunchArgs(stages), ...meterWords],
    pixelFormat: options.pixelFormat,
    matrix: options.matrix,
    rateControl: options.rateControl,
  };
}

/** Tells the host of each frame, after its packets have gone out: a tee serves its branches in order. */
const meterWords = [
  "encoded.",
  "!",
  "appsink",
  `name=${hostElements.meter}`,
  "sync=false",
  "async=false",
  "max-buffers=4",
  "drop=true",
  "enable-last-sample=false",
];
