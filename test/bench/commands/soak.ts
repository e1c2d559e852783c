/**
 * What is left of a session after much coming, going and dying.
 */
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { startAgent, type AgentProcess } from "../../fixtures/agent-process.ts";
import { findProcess, type SessionChild } from "../../fixtures/e2e-session.ts";
import type { Benchmark } from "../benchmark.ts";
import { footprint, memoryKinds, type Footprint } from "../soak/footprint.ts";
import {
  parseSoakOptions,
  soakUsage,
  type SoakOptions,
} from "../soak/options.ts";
import { visit, Visitor } from "../soak/visitor.ts";

/** What a session may have more of in the end. */
export const allowedGrowth = 1.05;
/** Between two lines of progress. */
const stride = 100;
/** After the last viewer: encoders linger for 10 s, and memory is given back after 12. */
const settleMs = 15_000;

/** All at once, in each round: they do not need each other. */
const victims: readonly SessionChild[] = [
  "window manager",
  "pulseaudio",
  "application",
  "guard",
];
/** A round in so many begins with the display, with which nearly everything starts anew. */
const displayEvery = 8;
/** What has run this long is started at once when it dies: back-off is not what is measured here. */
const roundMs = 10_500;

export const soak: Benchmark = {
  name: "soak",
  summary: "memory, descriptors, clients and streams after 1,000 visits",
  usage: soakUsage,
  async run(args, signal) {
    const options = parseSoakOptions(args);
    await using agent = await startAgent({
      // Visits are what is measured, and not a wait for the one whose place it was.
      args: ["--max-viewers", "16", "--resize", "follow"],
    });
    await agent.waitForHealth(
      "every proof",
      ({ encoders }) =>
        encoders.every(
          ({ state }) => state === "proven" || state === "refused",
        ),
      60_000,
    );
    await visits(agent, options.warmup, options, signal);
    await kills(agent, displayEvery * victims.length, signal);
    const before = await settled(agent, signal);
    tell("after the warm-up", before, agent);
    await visits(agent, options.connects, options, signal);
    tell("after the visits", await settled(agent, signal), agent);
    await kills(agent, options.kills, signal);
    tell("after the kills", await settled(agent, signal), agent);
    await resizes(agent, options.resizes, signal);
    const after = await settled(agent, signal);
    tell("in the end", after, agent);
    if (options.json) console.log(JSON.stringify({ before, after }));
    judge(before, after);
  },
};

function tell(what: string, found: Footprint, { pid }: AgentProcess): void {
  const words = Object.entries(found as unknown as Record<string, number>).map(
    ([name, value]) => `${name} ${Math.round(value * 10) / 10}`,
  );
  console.error(`${what}: ${words.join(", ")} (${memoryKinds(pid)})`);
}

/** What must not grow; the heap and what hangs on it is told as well, but RSS has it. */
const judged: readonly (keyof Footprint)[] = [
  "rssMb",
  "descriptors",
  "displayDescriptors",
  "processes",
  "soundStreams",
];

/** @throws StreamSpaceError `internal` where something has grown. */
export function judge(before: Footprint, after: Footprint): void {
  const grown = judged.filter(
    (key) => !(after[key] <= before[key] * allowedGrowth),
  );
  if (grown.length === 0) return;
  throw new StreamSpaceError(
    "internal",
    grown
      .map((key) => `${key} went from ${before[key]} to ${after[key]}`)
      .join("; "),
  );
}

async function settled(
  agent: AgentProcess,
  signal: AbortSignal,
): Promise<Footprint> {
  await sleep(settleMs, signal);
  await agent.waitForHealth(
    "a session that is well",
    ({ status, viewers }) => status === "ready" && viewers === 0,
    30_000,
  );
  return await footprint(agent, signal);
}

async function visits(
  agent: AgentProcess,
  count: number,
  { parallel }: SoakOptions,
  signal: AbortSignal,
): Promise<void> {
  let started = 0;
  const timesMs: number[] = [];
  const one = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      timesMs.push(await visit({ ...agent, signal }));
      if (timesMs.length % stride === 0) {
        const recent = timesMs.slice(-stride).toSorted((a, b) => a - b);
        console.error(
          `${timesMs.length} visits, picture after ${Math.round(recent[stride >> 1] ?? NaN)} ms; ${memoryKinds(agent.pid)}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, one));
}

async function kills(
  agent: AgentProcess,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  let killed = 0;
  for (let round = 0; killed < count; round += 1) {
    const startMs = performance.now();
    if (round % displayEvery === displayEvery - 1) {
      await kill(agent, "Xvfb", signal);
      killed += 1;
    } else {
      await Promise.all(victims.map((child) => kill(agent, child, signal)));
      killed += victims.length;
    }
    console.error(`${killed} kills; ${memoryKinds(agent.pid)}`);
    await sleep(Math.max(0, startMs + roundMs - performance.now()), signal);
  }
}

/** Kills a child and waits for the next. */
async function kill(
  agent: AgentProcess,
  child: SessionChild,
  signal: AbortSignal,
): Promise<void> {
  const waiting = { everyMs: 20, timeoutMs: 30_000, signal };
  const pid = await poll(() => findProcess(agent, child), {
    ...waiting,
    what: `a ${child} to kill`,
  });
  process.kill(pid, "SIGKILL");
  await poll(
    () => {
      const next = findProcess(agent, child);
      return next !== undefined && next !== pid ? true : undefined;
    },
    { ...waiting, what: `another ${child}` },
  );
}

/** As a page does whose window is dragged. */
async function resizes(
  agent: AgentProcess,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const visitor = new Visitor(agent);
  try {
    await withDeadline(visitor.seen, {
      timeoutMs: 20_000,
      what: "a picture to resize",
      signal,
    });
    for (let done = 0; done < count; done += 1) {
      const width = 1_000 + 2 * (done % 100);
      visitor.say({
        type: "resize",
        ...{ width, height: 700 },
        devicePixelRatio: 1,
      });
      await agent.waitForHealth(
        `a screen of ${width} pixels`,
        ({ display }) => display?.width === width,
      );
    }
  } finally {
    await visitor.close();
  }
}
