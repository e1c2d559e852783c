/**
 * What agent and host say to each other: lines of JSON, commands on the host's standard input and events on its
 * standard output. Both sides check what they read.
 */
import * as v from "valibot";
import {
  colourMatrices,
  rateRanges,
  videoPipelineCodecs,
} from "../video-encoding.ts";
import { pixelFormats } from "./frame-layout.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.minValue(0));
const within = ({ min, max }: { min: number; max: number }) =>
  v.pipe(v.number(), v.minValue(min), v.maxValue(max));
const frameRate = within(rateRanges.frameRate);
const bitrate = within(rateRanges.targetBps);

/** First argument of the host; the words of the launch description follow it. */
export const hostConfigSchema = v.strictObject({
  /** X display on this machine, e.g. `:99`. */
  display: v.pipe(v.string(), v.maxLength(64)),
  pixelFormat: v.picklist(pixelFormats),
  matrix: v.picklist(colourMatrices),
  /** What comes out, where the host can make use of knowing it. */
  codec: v.optional(v.picklist(videoPipelineCodecs)),
  /** Draw the pointer into the picture. */
  showPointer: v.boolean(),
  /** Frames per second at most. */
  frameRate,
  /** Target in bit/s. */
  targetBps: bitrate,
  rateControl: v.strictObject({
    property: v.string(),
    unitBps: v.pipe(v.number(), v.integer(), v.minValue(1)),
    countsBy: v.picklist(["frames", "timestamps"]),
    whileRunning: v.boolean(),
    costsKeyFrame: v.boolean(),
    vbv: v.optional(
      v.strictObject({
        property: v.string(),
        unitBits: v.pipe(v.number(), v.integer(), v.minValue(1)),
        durationMs: milliseconds,
      }),
    ),
  }),
});
export type HostConfig = v.InferOutput<typeof hostConfigSchema>;

/** A command. */
export const hostCommandSchema = v.variant("type", [
  v.strictObject({ type: v.literal("setTargetBps"), targetBps: bitrate }),
  v.strictObject({ type: v.literal("setFps"), frameRate }),
  v.strictObject({ type: v.literal("requestKeyFrame") }),
]);
export type HostCommand = v.InferOutput<typeof hostCommandSchema>;

const mean = v.strictObject({ meanMs: milliseconds, maxMs: milliseconds });

/** Counts are since the start, stage times since the last beat. */
const beat = v.strictObject({
  type: v.literal("beat"),
  /** Grabs of the screen. */
  grabbed: count,
  /** Frames given to the encoder, with the repeated ones. */
  pushed: count,
  repeated: count,
  /** Frames that came out of it. */
  encoded: count,
  encodedBytes: count,
  keyFrames: count,
  /** Changes that had to wait because the encoder was busy at their time. */
  skipped: count,
  /** How long the encoder has been at its oldest frame; 0 where it has none. */
  pendingMs: milliseconds,
  /**
   * How long a frame has been due that could not be pushed: the encoder holds every slot, or the X server does not
   * answer. 0 where none is due.
   */
  waitingMs: milliseconds,
  /** From the first report of a change to asking for the pixels. */
  wait: mean,
  /** From asking the X server to having the pixels. */
  grab: mean,
  convert: mean,
  /** From the push to the end of encoding, packetising and writing. */
  encode: mean,
});

/** An event. */
export const hostEventSchema = v.variant("type", [
  v.strictObject({
    type: v.literal("started"),
    width: count,
    height: count,
    gstreamer: v.string(),
    capture: v.literal("mit-shm"),
  }),
  /** The screen has another size; frames follow in it. */
  v.strictObject({ type: v.literal("resized"), width: count, height: count }),
  v.strictObject({
    type: v.literal("bus"),
    severity: v.picklist(["error", "warning"]),
    source: v.string(),
    domain: v.string(),
    code: v.number(),
    text: v.string(),
    debug: v.string(),
  }),
  v.strictObject({ type: v.literal("qos"), processed: count, dropped: count }),
  beat,
  /** The host ends. `code` is one of `ErrorCode` in `agent/base/errors.ts`. */
  v.strictObject({
    type: v.literal("failed"),
    code: v.string(),
    message: v.string(),
  }),
]);
export type HostEvent = v.InferOutput<typeof hostEventSchema>;
export type HostBeat = v.InferOutput<typeof beat>;

/** How often a host says that it lives. */
export const beatMs = 500;

/** `line` as what `schema` describes; `undefined` where it is something else. */
export function parseLine<
  Schema extends typeof hostCommandSchema | typeof hostEventSchema,
>(schema: Schema, line: string): v.InferOutput<Schema> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // Not JSON, which is for the caller the same as JSON of another shape.
  }
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}
