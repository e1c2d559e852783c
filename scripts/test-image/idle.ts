/**
 * What a session costs that nobody looks at, and in which no application runs.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { poll } from "../../agent/base/deadline.ts";
import type { Container } from "./engine.ts";
import { listProcesses, type InsideProcess } from "./inside.ts";

const isEncoder = /encoders\/host|gst-launch/;
const maxMegabytes = 250;
const maxCpuPercent = 2;
/** Encoders that were started for the first viewer in advance end 10 s after the start, when none came. */
const settleTimeoutMs = 40_000;
/** Two seconds later the agent gives back what the start has left, and V8 looks for more of it some seconds after. */
const restMs = 15_000;
const cpuSeconds = 8;

/** Figures: `idleRssMB`, `idleCpuPercent`. @throws Error where it is too much. */
export async function checkIdle(
  container: Container,
  figures: Record<string, number>,
): Promise<string> {
  await poll(
    async () =>
      (await listProcesses(container)).some(({ command }) =>
        isEncoder.test(command),
      )
        ? undefined
        : true,
    {
      everyMs: 1_000,
      timeoutMs: settleTimeoutMs,
      what: "the end of the encoders that nobody needs",
    },
  );
  await sleep(restMs);
  const processes = (await listProcesses(container)).filter(isOwn);
  const resident = Math.round(megabytesOf(processes, "VmRSS"));
  figures["idleRssMB"] = resident;
  // Where an application brings Mesa, the X server maps it: 50 MB of files that are the application's.
  const libraries = megabytesOf(processes.filter(isDisplay), "RssFile");
  if (resident - libraries > maxMegabytes) {
    const list = processes.map(
      (each) =>
        `${each.command.slice(0, 50)} ${Math.round(megabytesOf([each], "VmRSS"))} MB`,
    );
    throw new Error(
      `it has ${Math.round(resident - libraries)} MB resident, more than ${maxMegabytes}: ${list.join(", ")}`,
    );
  }
  const cpu = await cpuPercent(container, processes);
  figures["idleCpuPercent"] = Number(cpu.toFixed(1));
  if (cpu > maxCpuPercent)
    throw new Error(
      `it takes ${cpu.toFixed(1)} % of a core, more than ${maxCpuPercent}`,
    );
  return `${resident} MB resident, ${cpu.toFixed(1)} % of a core`;
}

/** All but what stands for the application. */
function isOwn({ command }: InsideProcess): boolean {
  return !/^\S*sleep /.test(command);
}

function isDisplay({ command }: InsideProcess): boolean {
  return /^\S*Xvfb /.test(command);
}

function megabytesOf(
  processes: readonly InsideProcess[],
  field: "VmRSS" | "RssFile",
): number {
  const kibibytes = processes.reduce(
    (sum, { status }) => sum + Number.parseInt(status[field] ?? "0", 10),
    0,
  );
  return (kibibytes * 1_024) / 1_000_000;
}

/** Over some seconds, of one core, and of the processes that are there all the time. */
async function cpuPercent(
  container: Container,
  processes: readonly InsideProcess[],
): Promise<number> {
  const files = processes.map(({ pid }) => `/proc/${pid}/stat`).join(" ");
  // utime and stime are the 14th and 15th field; a name in brackets before them may have spaces.
  const text = await container.shell(
    `getconf CLK_TCK
     read_all() { cat ${files} 2>/dev/null | sed 's/.*) //' | awk '{ sum += $12 + $13 } END { print sum }'; }
     read_all; sleep ${cpuSeconds}; read_all`,
  );
  const [ticks = 0, before = 0, after = 0] = text.split("\n").map(Number);
  return ((after - before) / ticks / cpuSeconds) * 100;
}
