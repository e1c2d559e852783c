/**
 * What a stream costs: processor time by stage, for each frame that left the encoder.
 */
import type { ChildSpawner } from "../../../agent/base/child-process.ts";
import { sleep } from "../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import type { ScreenSize } from "../latency/options.ts";
import { median, medians } from "../statistics.ts";
import {
  stageNames,
  stageOfHostThread,
  stageOfPollingThread,
  sumByStage,
  type StageTimes,
} from "./stages.ts";
import { startStream, type RunnerName, type Stream } from "./stream.ts";
import {
  readThreads,
  threadTimesBetween,
  type ThreadTime,
} from "./thread-time.ts";
import type { ReceiverCounts } from "./receiver-lines.ts";
import { connectViewer, type Receivers } from "./viewers.ts";

/** Rate control and just-in-time compilers settle in this time; nothing of it counts. */
const warmUpMs = 1_500;
const settleMs = 300;
/** How often the host tells how long it took to convert. */
const beatMs = 500;

/** What is measured. */
export interface CostCase {
  runner: RunnerName;
  encoder: VideoEncoder;
  size: ScreenSize;
  frameRate: number;
  bitrateBps: number;
  /** Numbers of viewers, in rising order: each is measured on the same stream. */
  viewers: readonly number[];
}

/** One row of the result. */
export interface CostResult {
  element: string;
  runner: RunnerName;
  size: ScreenSize;
  /** Frames in a second at most. */
  frameRate: number;
  bitrateBps: number;
  viewers: number;
  /** Milliseconds of processor for each frame. */
  stages: StageTimes;
  totalMs: number;
  /** Frames that left the encoder in a second. */
  fps: number;
  /** Mbit/s that left the encoder. */
  mbps: number;
}

/** Where and for how long. */
export interface CostOptions {
  /** `:7` */
  display: string;
  seconds: number;
  runs: number;
  spawner: ChildSpawner;
  receivers: Receivers;
  signal: AbortSignal;
}

/**
 * Measures a case, on a display where something moves.
 * @throws StreamSpaceError as the runner; `internal` where a viewer receives nothing or no frame comes.
 */
export async function measureCost(
  what: CostCase,
  options: CostOptions,
): Promise<CostResult[]> {
  const { spawner, display, receivers, signal } = options;
  await using owned = new AsyncDisposableStack();
  const stream = owned.use(
    await startStream({ ...what, display, spawner, signal }),
  );
  const results: CostResult[] = [];
  let connected = 0;
  for (const viewers of what.viewers) {
    for (; connected < viewers; connected += 1) {
      const peer = await connectViewer({
        receivers,
        codec: what.encoder.codec,
        source: stream.source,
        signal,
      });
      owned.defer(() => peer.close());
      await receivers.untilReceiving(connected, signal);
    }
    await sleep(results.length === 0 ? warmUpMs : settleMs, signal);
    results.push(await measureRuns(what, stream, viewers, options));
  }
  return results;
}

async function measureRuns(
  what: CostCase,
  stream: Stream,
  viewers: number,
  options: CostOptions,
): Promise<CostResult> {
  const { signal, receivers } = options;
  const before = await receivers.counts(signal);
  const runs: Run[] = [];
  for (let run = 0; run < options.runs; run += 1)
    runs.push(await measureRun(what.runner, stream, options));
  const after = await receivers.counts(signal);
  assertReceived(before.slice(-viewers), after.slice(-viewers));
  const { fps, mbps, ...stages } = medians(runs);
  return {
    element: what.encoder.element,
    runner: what.runner,
    size: what.size,
    frameRate: what.frameRate,
    bitrateBps: what.bitrateBps,
    viewers,
    stages,
    totalMs: stageNames.reduce((sum, name) => sum + stages[name], 0),
    fps,
    mbps,
  };
}

function assertReceived(
  before: readonly ReceiverCounts[],
  after: readonly ReceiverCounts[],
): void {
  const packets = after.map(
    (counts, peer) => counts.packets - (before[peer]?.packets ?? 0),
  );
  if (packets.every((count) => count > 0)) return;
  throw new StreamSpaceError(
    "internal",
    `a viewer received nothing: ${packets.join(", ")} packets`,
  );
}

type Run = StageTimes & { fps: number; mbps: number };

async function measureRun(
  runner: RunnerName,
  stream: Stream,
  { seconds, signal }: CostOptions,
): Promise<Run> {
  const before = await look(stream);
  const convertMs: number[] = [];
  for (let passedMs = 0; passedMs < seconds * 1_000; passedMs += beatMs) {
    await sleep(beatMs, signal);
    const told = stream.convertMs();
    if (told !== undefined) convertMs.push(told);
  }
  const after = await look(stream);
  const frames = after.frames - before.frames;
  if (frames === 0)
    throw new StreamSpaceError("internal", "the encoder made no frame");
  const elapsedMs = after.atMs - before.atMs;
  const threads = threadTimesBetween(before.threads, after.threads);
  return {
    ...stagesOf(runner, threads, frames, median(convertMs)),
    send: (after.ownCpuMs - before.ownCpuMs) / frames,
    fps: (frames / elapsedMs) * 1_000,
    // Bits in a millisecond are kilobits in a second.
    mbps: ((after.bytes - before.bytes) * 8) / elapsedMs / 1_000,
  };
}

/**
 * Everything but sending. In the host, capture is what its main thread did besides converting; converting is
 * one call that never waits, so that its wall time is processor time where the machine is not overloaded.
 */
export function stagesOf(
  runner: RunnerName,
  threads: readonly ThreadTime[],
  frames: number,
  convertMs: number,
): Omit<StageTimes, "send"> {
  if (runner === "gst-launch") {
    const sums = sumByStage(threads, stageOfPollingThread);
    return {
      capture: (sums.get("capture") ?? 0) / frames,
      convert: (sums.get("convert") ?? 0) / frames,
      encode: (sums.get("encode") ?? 0) / frames,
      packetise: (sums.get("packetise") ?? 0) / frames,
    };
  }
  const sums = sumByStage(threads, stageOfHostThread);
  const mainMs = (sums.get("main") ?? 0) / frames;
  const convert = Math.min(convertMs, mainMs);
  return {
    capture: mainMs - convert,
    convert,
    encode: (sums.get("encode") ?? 0) / frames,
    packetise: (sums.get("packetise") ?? 0) / frames,
  };
}

interface Look {
  atMs: number;
  frames: number;
  bytes: number;
  /** Processor time of this process, which does what the agent does with packets. */
  ownCpuMs: number;
  threads: ThreadTime[];
}

async function look({ pid, counts }: Stream): Promise<Look> {
  const threads = await readThreads(pid);
  const { user, system } = process.cpuUsage();
  return {
    atMs: performance.now(),
    frames: counts.frames,
    bytes: counts.bytes,
    ownCpuMs: (user + system) / 1_000,
    threads,
  };
}
