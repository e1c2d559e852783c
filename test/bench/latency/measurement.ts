/**
 * One system in one case: open its page, let it settle, measure.
 */
import type { Browser, Page } from "playwright-core";
import { poll, sleep, withDeadline } from "../../../agent/base/deadline.ts";
import { StreamSpaceError } from "../../../agent/base/errors.ts";
import type { ContentKind, ScreenSize, SystemName } from "./options.ts";
import { sizeText } from "./options.ts";
import {
  addPageScripts,
  countFrames,
  receivedBytes,
  takeFrames,
  type FrameLog,
} from "./page-scripts.ts";
import { readProcesses, treeCpuMs } from "./processor-time.ts";
import { percentile, readFrames } from "./readings.ts";
import type { RunningSystem } from "./systems/system.ts";
import type { CaseResult } from "./table.ts";
import { unixOffsetMs } from "./wall-clock.ts";

/** Encoders, rate control and the browser's jitter buffer settle in this time; nothing of it counts. */
const warmUpMs = 2_000;
const pageTimeoutMs = 20_000;
/** Two looks at the same clock differ by less, unless it was set in between. */
const clockToleranceMs = 1;

/** A result, and what a person should know about how it came about. */
export interface Measurement {
  result: CaseResult;
  /** Pictures presented with a barcode that could not be read. */
  unreadable: number;
  /** Share of one processor that the drawing took, X server excluded. */
  contentCpuShare: number;
}

/** What is measured, and on what. */
export interface MeasurementOptions {
  browser: Browser;
  system: RunningSystem;
  name: SystemName;
  size: ScreenSize;
  content: ContentKind;
  /** Process id of the drawing client. */
  contentPid: number;
  seconds: number;
  signal: AbortSignal;
}

/**
 * Opens the system's page and measures for `seconds`.
 * @throws StreamSpaceError `timeout` where no picture comes, `aborted`, `internal` where the pictures cannot
 * be read or the machine's clock was set.
 */
export async function measure(
  options: MeasurementOptions,
): Promise<Measurement> {
  const { browser, system, name, size, signal } = options;
  await using context = await browser.newContext({
    viewport: size,
    deviceScaleFactor: 1,
  });
  const page = await context.newPage();
  await addPageScripts(page);
  await withDeadline(page.goto(system.url), {
    timeoutMs: pageTimeoutMs,
    what: `the page of ${name}`,
    signal,
  });
  await poll(async () => ((await countFrames(page)) > 0 ? true : undefined), {
    everyMs: 50,
    timeoutMs: pageTimeoutMs,
    what: `the first picture of ${name}`,
    signal,
  });
  await sleep(warmUpMs, signal);

  const offsetMs = await page.evaluate(unixOffsetMs);
  const before = await snapshot(page, system, options.contentPid);
  await sleep(options.seconds * 1_000, signal);
  const after = await snapshot(page, system, options.contentPid);
  assertSameClock(offsetMs, await page.evaluate(unixOffsetMs));
  return summarize(options, { before, after, offsetMs });
}

function summarize(
  { name, size, content }: MeasurementOptions,
  { before, after, offsetMs }: Observation,
): Measurement {
  const { words, presentedMs, dropped } = after.log;
  const { latenciesMs, unreadable } = readFrames(
    words.map((word, index) => ({
      word,
      unixMs: (presentedMs[index] ?? NaN) + offsetMs,
    })),
  );
  const frames = latenciesMs.length;
  assertReadable(name, { frames, unreadable: unreadable + dropped });
  const elapsedMs = after.atMs - before.atMs;
  return {
    result: {
      system: name,
      size: sizeText(size),
      content,
      p50Ms: rounded(percentile(latenciesMs, 50)),
      p95Ms: rounded(percentile(latenciesMs, 95)),
      fps: rounded((frames / elapsedMs) * 1_000),
      agentCpuMsPerFrame: rounded(
        (after.systemCpuMs - before.systemCpuMs) / frames,
      ),
      // Bits in a millisecond are kilobits in a second.
      mbps: rounded(((after.bytes - before.bytes) * 8) / elapsedMs / 1_000),
    },
    unreadable,
    contentCpuShare: (after.contentCpuMs - before.contentCpuMs) / elapsedMs,
  };
}

interface Snapshot {
  log: FrameLog;
  atMs: number;
  bytes: number;
  systemCpuMs: number;
  contentCpuMs: number;
}

/** The two ends of a measurement, and the page's distance to Unix time. */
interface Observation {
  before: Snapshot;
  after: Snapshot;
  offsetMs: number;
}

/** Also empties the page's log. */
async function snapshot(
  page: Page,
  system: RunningSystem,
  contentPid: number,
): Promise<Snapshot> {
  const log = await takeFrames(page);
  const atMs = performance.now();
  const processes = await readProcesses();
  const bytes = await (system.sentBytes?.() ?? receivedBytes(page));
  return {
    log,
    atMs,
    bytes,
    systemCpuMs: treeCpuMs(
      processes,
      system.children.map(({ pid }) => pid),
    ),
    contentCpuMs: treeCpuMs(processes, [contentPid]),
  };
}

function assertSameClock(beforeMs: number, afterMs: number): void {
  if (Math.abs(afterMs - beforeMs) <= clockToleranceMs) return;
  throw new StreamSpaceError(
    "internal",
    `the clock of the machine was set by ${Math.round(afterMs - beforeMs)} ms during the measurement`,
    { mend: "Run the benchmark again." },
  );
}

/** A figure from a few readable pictures among many would be that of chance. */
function assertReadable(
  name: SystemName,
  { frames, unreadable }: { frames: number; unreadable: number },
): void {
  if (frames > unreadable) return;
  throw new StreamSpaceError(
    "internal",
    `${name} showed ${frames} pictures with a readable clock and ${unreadable} without`,
  );
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
