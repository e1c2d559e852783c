/**
 * What each encoder costs, by stage, and how good its pictures are; with the parts that a session is made of.
 */
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { messageOf } from "../../../agent/base/errors.ts";
import { requireProgram } from "../../../agent/base/programs.ts";
import { candidateNamed } from "../../../encoders/candidates/encoder-candidates.ts";
import { ElementInspector } from "../../../encoders/candidates/installed-element.ts";
import { resolveEncoder } from "../../../encoders/candidates/resolve.ts";
import type { VideoEncoder } from "../../../encoders/video-encoding.ts";
import { startBenchDisplay } from "../../fixtures/bench-display.ts";
import { usageError, type Benchmark } from "../benchmark.ts";
import { startBusyScreen } from "../busy-screen.ts";
import {
  measureCost,
  type CostCase,
  type CostOptions,
  type CostResult,
} from "../encode/cost.ts";
import {
  encodeUsage,
  growthFrameRates,
  growthSizes,
  growthViewers,
  parseEncodeOptions,
  type EncodeOptions,
} from "../encode/options.ts";
import { openQualityStage, type QualityResult } from "../encode/quality.ts";
import {
  encoderTables,
  growthTables,
  type EncodeReport,
} from "../encode/report.ts";
import { Receivers } from "../encode/viewers.ts";
import { sizeText, type ScreenSize } from "../latency/options.ts";
import { whileRunning } from "../latency/while-running.ts";
import { commandLine, describeMachine, publish } from "../publish.ts";

export const encode: Benchmark = {
  name: "encode",
  summary: "processor time by stage, and picture quality, by encoder",
  usage: encodeUsage,
  async run(args, signal) {
    const options = parseEncodeOptions(args);
    const machine = await describeMachine(signal);
    const bench = await Bench.open(options, signal);
    const report = options.growth
      ? await measureGrowth(bench)
      : await measureEncoders(bench);
    const tables = options.growth ? growthTables : encoderTables;
    await publish(
      {
        section: options.growth ? "growth" : "encode",
        command: commandLine("encode", args),
        ...{ machine, report, tables: tables(report) },
      },
      options.output,
    );
  },
};

/** Everything that the cases share. */
class Bench {
  readonly options: EncodeOptions;
  readonly encoders: readonly VideoEncoder[];
  readonly signal: AbortSignal;
  readonly spawner = new ChildSpawner();

  private constructor(
    options: EncodeOptions,
    encoders: readonly VideoEncoder[],
    signal: AbortSignal,
  ) {
    this.options = options;
    this.encoders = encoders;
    this.signal = signal;
  }

  static async open(
    options: EncodeOptions,
    signal: AbortSignal,
  ): Promise<Bench> {
    requireProgram("gst-launch-1.0");
    return new Bench(options, await installed(options, signal), signal);
  }

  /** Measures cases of one size on a display of their own, where the busy scene is drawn. */
  async measureCosts(
    size: ScreenSize,
    cases: readonly CostCase[],
  ): Promise<CostResult[]> {
    const { spawner, signal, options } = this;
    await using screen = await startBusyScreen({ size, spawner, signal });
    const results: CostResult[] = [];
    for (const what of cases) {
      await using receivers = await Receivers.start(spawner, signal);
      const children = [...screen.children, receivers.child];
      const measured = await whileRunning(children, signal, (whole) =>
        measureCost(what, {
          ...options,
          display: screen.display,
          spawner,
          receivers,
          signal: whole,
        } satisfies CostOptions),
      );
      measured.forEach(tellCost);
      results.push(...measured);
    }
    return results;
  }
}

/** The encoders asked for that are installed; says which are not. */
async function installed(
  { encoders }: EncodeOptions,
  signal: AbortSignal,
): Promise<VideoEncoder[]> {
  const inspector = new ElementInspector({ signal });
  const found: VideoEncoder[] = [];
  for (const element of encoders) {
    const candidate = candidateNamed(element);
    if (candidate === undefined) continue;
    try {
      found.push(await resolveEncoder(candidate, inspector));
    } catch (error) {
      signal.throwIfAborted();
      console.error(`${element} is left out: ${messageOf(error)}`);
    }
  }
  if (found.length > 0) return found;
  throw usageError(`none of ${encoders.join(", ")} works here`);
}

async function measureEncoders(bench: Bench): Promise<EncodeReport> {
  const { options, encoders, spawner, signal } = bench;
  const { size, frameRate, bitratesBps, viewers } = options;
  const cases = encoders.flatMap((encoder) =>
    bitratesBps.map((bitrateBps): CostCase => ({
      runner: "host",
      ...{ encoder, size, frameRate, bitrateBps, viewers },
    })),
  );
  const [first] = encoders;
  const bitrateBps = bitratesBps.at(-1);
  if (first !== undefined && bitrateBps !== undefined) {
    cases.push({
      runner: "gst-launch",
      encoder: first,
      ...{ size, frameRate, bitrateBps, viewers },
    });
  }
  const costs = await bench.measureCosts(size, cases);
  await using display = await startBenchDisplay({ spawner, ...size, signal });
  await using stage = await openQualityStage({
    display: display.name,
    ...{ size, spawner, signal },
  });
  const qualities: QualityResult[] = [];
  for (const encoder of encoders) {
    for (const each of bitratesBps) {
      const quality = await whileRunning([display.child], signal, () =>
        stage.measure({ encoder, frameRate, bitrateBps: each }),
      );
      qualities.push(quality);
      tellQuality(quality);
    }
  }
  return { costs, qualities };
}

/** One dimension at a time around the size, frame rate and bit rate of the options. */
async function measureGrowth(bench: Bench): Promise<EncodeReport> {
  const { options, encoders } = bench;
  const bitrateBps = options.bitratesBps.at(-1) ?? 0;
  const [encoder] = encoders;
  if (encoder === undefined) return { costs: [], qualities: [] };
  const base = { runner: "host", encoder, bitrateBps } as const;
  const { frameRate } = options;
  const costs: CostResult[] = [];
  for (const size of growthSizes) {
    costs.push(
      ...(await bench.measureCosts(size, [
        { ...base, size, frameRate, viewers: [1] },
      ])),
    );
  }
  const { size } = options;
  const slower = growthFrameRates.filter((each) => each !== frameRate);
  costs.push(
    ...(await bench.measureCosts(size, [
      ...slower.map((each) => ({
        ...base,
        ...{ size, frameRate: each, viewers: [1] },
      })),
      { ...base, size, frameRate, viewers: growthViewers },
    ])),
  );
  return { costs, qualities: [] };
}

function tellCost(cost: CostResult): void {
  console.error(
    `${sizeText(cost.size)} ${cost.element} (${cost.runner}) ${cost.bitrateBps / 1e6} Mbit/s, ${cost.viewers} viewers: ${cost.totalMs.toFixed(2)} ms a frame, ${cost.fps.toFixed(1)} frames/s`,
  );
}

function tellQuality(quality: QualityResult): void {
  console.error(
    `${sizeText(quality.size)} ${quality.element} ${quality.bitrateBps / 1e6} Mbit/s: text ${quality.textRefined.psnrDb.toFixed(1)} dB, video ${quality.video.psnrDb.toFixed(1)} dB`,
  );
}
