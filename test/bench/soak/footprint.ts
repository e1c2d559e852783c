/**
 * What a session takes of the machine at one moment.
 */
import { readdirSync, readFileSync } from "node:fs";
import { runToEnd } from "../../../agent/base/child-process.ts";
import { sleep } from "../../../agent/base/deadline.ts";
import type { AgentProcess } from "../../fixtures/agent-process.ts";
import { findProcess } from "../../fixtures/e2e-session.ts";

/** Memory in MB; everything else is a number of things. */
export interface Footprint {
  rssMb: number;
  heapMb: number;
  externalMb: number;
  descriptors: number;
  /** Descriptors of the X server: one for each client, and some of its own. */
  displayDescriptors: number;
  processes: number;
  soundStreams: number;
}

/** Garbage is collected when somebody needs the room, so the least of some looks is nearest to the truth. */
const looks = 8;
const lookEveryMs = 1_000;

/** Looks for some seconds, and returns the least of each. */
export async function footprint(
  agent: AgentProcess,
  signal: AbortSignal,
): Promise<Footprint> {
  let least = await look(agent, signal);
  for (let count = 1; count < looks; count += 1) {
    await sleep(lookEveryMs, signal);
    least = lesser(least, await look(agent, signal));
  }
  return least;
}

function lesser(a: Footprint, b: Footprint): Footprint {
  return Object.fromEntries(
    (Object.keys(a) as (keyof Footprint)[]).map((key) => [
      key,
      Math.min(a[key], b[key]),
    ]),
  ) as unknown as Footprint;
}

async function look(
  agent: AgentProcess,
  signal: AbortSignal,
): Promise<Footprint> {
  const metrics = await (
    await fetch(new URL("/metrics", agent.url), { signal })
  ).text();
  const metric = (name: string): number =>
    Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? NaN);
  const display = findProcess(agent, "Xvfb");
  return {
    rssMb: metric("process_resident_memory_bytes") / 1e6,
    heapMb: metric("nodejs_heap_size_used_bytes") / 1e6,
    externalMb: metric("nodejs_external_memory_bytes") / 1e6,
    descriptors: descriptorsOf(agent.pid),
    displayDescriptors: display === undefined ? NaN : descriptorsOf(display),
    processes: agent.processes().length,
    soundStreams: await soundStreams(agent, signal),
  };
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

async function soundStreams(
  agent: AgentProcess,
  signal: AbortSignal,
): Promise<number> {
  const { stdout } = await runToEnd({
    file: "pactl",
    args: ["list", "short"],
    env: { ...process.env, PULSE_SERVER: agent.facts().pulseServer },
    timeoutMs: 5_000,
    signal,
  });
  return stdout
    .split("\n")
    .filter((line) => /PulseAudio|protocol-native|\.c$/.test(line)).length;
}

/** Memory of a process by kind, for whoever looks for what grows. */
export function memoryKinds(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (status.match(/^(RssAnon|RssFile|RssShmem):\s+\d+ kB$/gm) ?? [])
    .join(", ")
    .replaceAll(/\s+/g, " ");
}
