/**
 * What a whole session costs: idle with a viewer, and on a busy screen with more and more of them.
 */
import type { ChildSpawner } from "../../../agent/base/child-process.ts";
import { sleep } from "../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import { startAgent } from "../../fixtures/agent-process.ts";
import { launchChromium } from "../../fixtures/browser-chromium.ts";
import { openInChromium } from "../../fixtures/e2e-viewer.ts";
import type { Receivers } from "../encode/viewers.ts";
import type { ScreenSize } from "../latency/options.ts";
import { median } from "../statistics.ts";
import { joinSession } from "./signaling-viewer.ts";
import { endedChildrenMs, readSession, timeByRole } from "./process-table.ts";

/** Refinement of the picture, proofs of encoders and just-in-time compilers are over after this. */
const idleSettleMs = 6_000;
const viewerSettleMs = 2_000;
/** An application that does nothing. */
const application = ["sleep", "infinity"];

/** Share of one core in per cent, by role. */
export type Shares = readonly { role: string; percent: number }[];

export interface IdleResult {
  size: ScreenSize;
  seconds: number;
  shares: Shares;
  sumPercent: number;
}

/** A session with an own Xvfb, an application that does nothing, and one page in Chromium. */
export async function measureIdle(options: {
  size: ScreenSize;
  seconds: number;
  signal: AbortSignal;
}): Promise<IdleResult> {
  const { size, seconds, signal } = options;
  await using agent = await startAgent({
    args: [
      ...["--display", "none"],
      ...["--display-width", String(size.width)],
      ...["--display-height", String(size.height)],
    ],
    command: application,
  });
  await using chromium = await launchChromium({ signal });
  await using viewer = await openInChromium(chromium.browser, agent.url, {
    viewport: size,
  });
  await viewer.firstFrameMs();
  await sleep(idleSettleMs, signal);
  const found = await shareOf(agent.pid, seconds, signal);
  return { size, seconds, ...found };
}

export interface ViewersResult {
  size: ScreenSize;
  viewers: number;
  codec: string;
  shares: Shares;
  sumPercent: number;
  /** Frames in a second that the first viewer received. */
  fps: number;
  /** Milliseconds of processor for each of these frames, of the whole session. */
  msPerFrame: number;
}

/** The agent and its children, on a display that is not theirs and where the busy scene is drawn. */
export async function measureViewers(options: {
  /** `:7` */
  display: string;
  size: ScreenSize;
  viewers: readonly number[];
  seconds: number;
  runs: number;
  spawner: ChildSpawner;
  receivers: Receivers;
  signal: AbortSignal;
  onResult: (result: ViewersResult) => void;
}): Promise<ViewersResult[]> {
  const { display, size, receivers, signal } = options;
  await using agent = await startAgent({
    args: ["--display", display],
    command: application,
  });
  await using joined = new AsyncDisposableStack();
  const results: ViewersResult[] = [];
  let codec = "";
  let count = 0;
  for (const viewers of options.viewers) {
    for (; count < viewers; count += 1) {
      const viewer = joined.use(
        await joinSession({ ...agent, receivers, signal }),
      );
      codec = viewer.codec;
      await receivers.untilReceiving(count, signal);
    }
    await sleep(viewerSettleMs, signal);
    const runs: Run[] = [];
    for (let run = 0; run < options.runs; run += 1)
      runs.push(await measureRun(agent.pid, receivers, options));
    const result = { size, viewers, codec, ...middle(runs) };
    results.push(result);
    options.onResult(result);
  }
  return results;
}

interface Run {
  shares: Shares;
  sumPercent: number;
  fps: number;
  msPerFrame: number;
}

async function measureRun(
  agentPid: number,
  receivers: Receivers,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<Run> {
  const before = await receivers.counts(signal);
  const startMs = performance.now();
  const found = await shareOf(agentPid, seconds, signal);
  const after = await receivers.counts(signal);
  const elapsedMs = performance.now() - startMs;
  const frames = after.map(
    (counts, peer) => counts.frames - (before[peer]?.frames ?? 0),
  );
  const first = frames[0] ?? 0;
  if (frames.some((count) => count === 0)) {
    throw new StreamSpaceError(
      "internal",
      `a viewer received no frame: ${frames.join(", ")}`,
    );
  }
  const fps = (first / elapsedMs) * 1_000;
  return { ...found, fps, msPerFrame: (found.sumPercent * 10) / fps };
}

/** The run whose cost for each frame is the median. */
function middle(runs: readonly Run[]): Run {
  const wanted = median(runs.map(({ msPerFrame }) => msPerFrame));
  const [nearest] = runs.toSorted(
    (a, b) => Math.abs(a.msPerFrame - wanted) - Math.abs(b.msPerFrame - wanted),
  );
  if (nearest === undefined)
    throw new StreamSpaceError("internal", "there are no runs");
  return nearest;
}

/** Children of the agent that came and went between two looks. */
const endedRole = "children that ended";

async function shareOf(
  agentPid: number,
  seconds: number,
  signal: AbortSignal,
): Promise<{ shares: Shares; sumPercent: number }> {
  const endedBefore = await endedChildrenMs(agentPid);
  const before = await readSession(agentPid);
  const startMs = performance.now();
  await sleep(seconds * 1_000, signal);
  const after = await readSession(agentPid);
  const elapsedMs = performance.now() - startMs;
  const times = timeByRole(before, after);
  const endedMs = (await endedChildrenMs(agentPid)) - endedBefore;
  if (endedMs > 0) times.set(endedRole, endedMs);
  const shares = [...times].map(([role, ms]) => ({
    role,
    percent: (ms / elapsedMs) * 100,
  }));
  return {
    shares,
    sumPercent: shares.reduce((sum, { percent }) => sum + percent, 0),
  };
}
