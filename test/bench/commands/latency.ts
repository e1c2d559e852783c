/**
 * From an X client's drawing to a real Chromium's presentation, against VNC servers on the same display.
 *
 * A case is a size and a content. It has one Xvfb and one drawing client, on which the systems take turns,
 * each alone: the processors are shared with the browser, and two at once would measure each other.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { requireProgram } from "../../../agent/base/programs.ts";
import { startBenchDisplay } from "../../fixtures/bench-display.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../../fixtures/browser-chromium.ts";
import type { Benchmark } from "../benchmark.ts";
import { measure, type Measurement } from "../latency/measurement.ts";
import {
  latencyUsage,
  parseLatencyOptions,
  sizeText,
  type ContentKind,
  type LatencyOptions,
  type ScreenSize,
  type SystemName,
} from "../latency/options.ts";
import { streamspace } from "../latency/systems/streamspace.ts";
import { startUntilLine, type System } from "../latency/systems/system.ts";
import { x0tigervnc, x11vnc } from "../latency/systems/vnc.ts";
import { latencyTable } from "../latency/table.ts";
import { whileRunning } from "../latency/while-running.ts";
import { commandLine, describeMachine, publish } from "../publish.ts";

const systems: Readonly<Record<SystemName, System>> = {
  streamspace,
  x0tigervnc,
  x11vnc,
};
const contentProgram = fileURLToPath(
  import.meta.resolve("../../fixtures/bench-content.ts"),
);
/** The photograph for the widest screen is made and uploaded in about 2 s on two processors. */
const contentTimeoutMs = 30_000;

export const latency: Benchmark = {
  name: "latency",
  summary: "from drawing to presentation in a browser, against VNC servers",
  usage: latencyUsage,
  async run(args, signal) {
    const options = parseLatencyOptions(args);
    const machine = await describeMachine(signal);
    const measurements = await measureAll(options, signal);
    const cases = measurements.map(({ result }) => result);
    await publish(
      {
        section: "latency",
        command: commandLine("latency", args),
        ...{ machine, report: { cases }, tables: [latencyTable(cases)] },
      },
      options.output,
    );
    if (!options.output.json) console.error(`\n${legend}`);
  },
};

const legend = `p50, p95: from the drawing of a picture until the browser hands it to its compositor.
fps: distinct pictures in a second. × is the figure divided by that of streamspace.
CPU: the server and its children, for VNC with its bridge. streamspace carries sound too.`;

/** Everything that the cases share. */
interface Bench {
  options: LatencyOptions;
  chosen: readonly System[];
  spawner: ChildSpawner;
  chromium: ChromiumBrowser;
  folder: string;
  signal: AbortSignal;
}

async function measureAll(
  options: LatencyOptions,
  signal: AbortSignal,
): Promise<Measurement[]> {
  const chosen = options.systems.map((name) => systems[name]);
  for (const { programs } of chosen) {
    programs.forEach((program) => requireProgram(program));
  }
  for (const { prepare } of chosen) await prepare?.(signal);
  await using owned = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "streamspace-bench-"));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  const chromium = owned.use(await launchChromium({ signal }));
  const spawner = new ChildSpawner();
  const bench = { options, chosen, spawner, chromium, folder, signal };

  const measurements: Measurement[] = [];
  const total = options.sizes.length * options.contents.length * chosen.length;
  const onMeasured = (measurement: Measurement): void => {
    measurements.push(measurement);
    console.error(progressLine(measurement, measurements.length, total));
  };
  for (const size of options.sizes) {
    for (const content of options.contents) {
      await runCase(bench, { size, content }, onMeasured);
    }
  }
  return measurements;
}

async function runCase(
  bench: Bench,
  { size, content }: { size: ScreenSize; content: ContentKind },
  onMeasured: (measurement: Measurement) => void,
): Promise<void> {
  const { spawner, signal } = bench;
  await using display = await startBenchDisplay({ spawner, ...size, signal });
  const { child } = await startUntilLine({
    spawner,
    signal,
    name: "the drawing client",
    file: process.execPath,
    args: [
      contentProgram,
      ...["--display", display.name],
      ...["--content", content],
    ],
    pattern: /^ready$/,
    timeoutMs: contentTimeoutMs,
  });
  await using drawing = child;
  for (const system of bench.chosen) {
    const folder = join(
      bench.folder,
      `${sizeText(size)}-${content}-${system.name}`,
    );
    await mkdir(folder, { mode: 0o700 });
    await using running = await system.start({
      spawner,
      display: display.name,
      folder,
      signal,
    });
    const children = [display.child, drawing, ...running.children];
    const measurement = await whileRunning(children, signal, (whole) =>
      measure({
        browser: bench.chromium.browser,
        system: running,
        name: system.name,
        size,
        content,
        contentPid: drawing.pid,
        seconds: bench.options.seconds,
        signal: whole,
      }),
    );
    onMeasured(measurement);
  }
}

function progressLine(
  { result, unreadable, contentCpuShare }: Measurement,
  done: number,
  total: number,
): string {
  const drawing = `drawing took ${(contentCpuShare * 100).toFixed(0)} % of a processor`;
  const torn = unreadable === 0 ? "" : `, ${unreadable} pictures unreadable`;
  return `[${done}/${total}] ${result.size} ${result.content} ${result.system}: p50 ${result.p50Ms.toFixed(1)} ms, ${result.fps.toFixed(1)} fps (${drawing}${torn})`;
}
