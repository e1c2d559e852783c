/**
 * What a whole session costs: process by process while nothing happens, and with more and more viewers.
 */
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import type { Benchmark } from "../benchmark.ts";
import { startBusyScreen } from "../busy-screen.ts";
import { Receivers } from "../encode/viewers.ts";
import { whileRunning } from "../latency/while-running.ts";
import { streamspace } from "../latency/systems/streamspace.ts";
import { commandLine, describeMachine, publish } from "../publish.ts";
import {
  measureIdle,
  measureViewers,
  type ViewersResult,
} from "../session/measure.ts";
import {
  parseSessionOptions,
  sessionUsage,
  type SessionOptions,
} from "../session/options.ts";
import { sessionTables, type SessionReport } from "../session/report.ts";

export const session: Benchmark = {
  name: "session",
  summary: "processor time of an idle session, and with 1, 2, 4 viewers",
  usage: sessionUsage,
  async run(args, signal) {
    const options = parseSessionOptions(args);
    const machine = await describeMachine(signal);
    await streamspace.prepare?.(signal); // the page
    const report: SessionReport = {};
    if (options.parts.includes("idle")) {
      report.idle = await measureIdle({
        size: options.size,
        seconds: options.idleSeconds,
        signal,
      });
      console.error(`idle: ${report.idle.sumPercent.toFixed(2)} % of one core`);
    }
    if (options.parts.includes("viewers"))
      report.viewers = await measureBusy(options, signal);
    await publish(
      {
        section: "session",
        command: commandLine("session", args),
        ...{ machine, report, tables: sessionTables(report) },
      },
      options.output,
    );
  },
};

async function measureBusy(
  options: SessionOptions,
  signal: AbortSignal,
): Promise<ViewersResult[]> {
  const spawner = new ChildSpawner();
  const { size } = options;
  await using screen = await startBusyScreen({ size, spawner, signal });
  await using receivers = await Receivers.start(spawner, signal);
  const children = [...screen.children, receivers.child];
  return await whileRunning(children, signal, (whole) =>
    measureViewers({
      ...options,
      display: screen.display,
      spawner,
      receivers,
      signal: whole,
      onResult: ({ viewers, sumPercent, msPerFrame }) => {
        console.error(
          `${viewers} viewers: ${sumPercent.toFixed(0)} % of one core, ${msPerFrame.toFixed(2)} ms a frame`,
        );
      },
    }),
  );
}
