/**
 * The stages of a frame's way, and which thread does which: a `queue` between two elements makes GStreamer run
 * what follows in a thread of its own, which is named after the queue.
 */
import type { HostPipeline } from "../../../encoders/host/host-pipeline.ts";
import { hostVideoPipeline } from "../../../encoders/host/host-video-pipeline.ts";
import type { Pipeline } from "../../../encoders/pipeline.ts";
import type {
  VideoEncoder,
  VideoEncodingOptions,
} from "../../../encoders/video-encoding.ts";
import {
  videoPipeline,
  type VideoPipelineOptions,
} from "../../../encoders/video-pipeline.ts";
import type { ThreadTime } from "./thread-time.ts";

/** In the order in which a frame meets them. */
export const stageNames = [
  "capture",
  "convert",
  "encode",
  "packetise",
  "send",
] as const;
export type StageName = (typeof stageNames)[number];

/** Processor time by stage, in milliseconds for each frame. */
export type StageTimes = Readonly<Record<StageName, number>>;

/** Names of the queues; with `:src` they stay within the kernel's 15 characters. */
const queues = { convert: "grabbed", encode: "raw", packetise: "packets" };

/** The pipeline of a host, with packetising and writing in a thread of their own. */
export function stagedHostPipeline(
  encoder: VideoEncoder,
  options: VideoEncodingOptions,
): HostPipeline {
  const pipeline = hostVideoPipeline(encoder, options);
  const payloader = encoder.encoding(options).payloader.name;
  return {
    ...pipeline,
    args: withQueue(pipeline.args, payloader, queues.packetise),
  };
}

/** The pipeline that polls, with each stage in a thread of its own. */
export function stagedPollingPipeline(options: VideoPipelineOptions): Pipeline {
  const pipeline = videoPipeline(options);
  const { conversion, payloader } = options.encoder.encoding(options);
  const [converter] = conversion;
  let args = pipeline.args;
  if (converter !== undefined)
    args = withQueue(args, converter.name, queues.convert);
  args = withQueue(args, options.encoder.element, queues.encode);
  args = withQueue(args, payloader.name, queues.packetise);
  return { ...pipeline, args };
}

/** `words` with a queue in front of the element called `element`. */
export function withQueue(
  words: readonly string[],
  element: string,
  name: string,
): string[] {
  const index = words.indexOf(element);
  if (index === -1) return [...words];
  return words.toSpliced(index, 0, "queue", `name=${name}`, "!");
}

/** Threads of Node itself: the host's own work, and what the agent's process does. */
const nodeThreads = /^(node|MainThread|V8Worker|libuv-worker|koffi)/i;
const packetThreads = new RegExp(
  `^(${queues.packetise}:src|rtpsession|rtpbin|rtp|fdsrc|timer)`,
);

/**
 * The stage of a thread of the host. Its main thread captures and converts; what of that is conversion, the
 * host's own times tell. Threads of an encoder carry the name of the one that started them.
 */
export function stageOfHostThread({
  name,
}: ThreadTime): "main" | "encode" | "packetise" {
  if (nodeThreads.test(name)) return "main";
  return packetThreads.test(name) ? "packetise" : "encode";
}

/** The stage of a thread of `gst-launch-1.0` with {@link stagedPollingPipeline}. */
export function stageOfPollingThread({
  name,
}: ThreadTime): Exclude<StageName, "send"> {
  if (packetThreads.test(name)) return "packetise";
  if (name.startsWith(`${queues.convert}:`)) return "convert";
  return name.startsWith("ximagesrc") || name.startsWith("gst-launch")
    ? "capture"
    : "encode";
}

/** Sums of the threads' time by stage. */
export function sumByStage<Stage extends string>(
  threads: readonly ThreadTime[],
  stageOf: (thread: ThreadTime) => Stage,
): Map<Stage, number> {
  const sums = new Map<Stage, number>();
  for (const thread of threads) {
    const stage = stageOf(thread);
    sums.set(stage, (sums.get(stage) ?? 0) + thread.cpuMs);
  }
  return sums;
}
