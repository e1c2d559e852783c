/**
 * From a press in the page to the picture that answers it in the page: keyboard or pointer, protocol, XTEST, an X client that
 * draws at once, capture, encoder, network, decoder, presentation.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { ChildSpawner } from "../../../agent/base/child-process.ts";
import { poll, sleep } from "../../../agent/base/deadline.ts";
import { startBenchDisplay } from "../../fixtures/bench-display.ts";
import {
  launchChromium,
  type ChromiumBrowser,
} from "../../fixtures/browser-chromium.ts";
import type { Benchmark } from "../benchmark.ts";
import {
  outputFlags,
  outputOf,
  parseOptions,
  wholeNumber,
} from "../command-line.ts";
import {
  addInputScripts,
  answerMs,
  resetAnswer,
} from "../input/page-scripts.ts";
import { parseSize, sizeText, type ScreenSize } from "../latency/options.ts";
import { percentile } from "../latency/readings.ts";
import { streamspace } from "../latency/systems/streamspace.ts";
import { startUntilLine } from "../latency/systems/system.ts";
import { commandLine, describeMachine, publish } from "../publish.ts";
import type { Table } from "../tables.ts";

const contentProgram = fileURLToPath(
  import.meta.resolve("../../fixtures/bench-key-flash.ts"),
);
const bounds = { presses: { min: 10, max: 5_000, default: 200 } } as const;
/** The first presses find an encoder that has nothing to do yet. */
const warmUpPresses = 10;
/** Pause between presses: no multiple of a frame, and long enough that the screen is still. */
const pauseMs = { min: 120, spread: 97 };

const usage = `Usage: npm run bench -- input [options]

  --size WxH     size of the screen; 1280x720 where absent
  --presses N    how many of each kind, ${bounds.presses.default} where absent
  --markdown     print a Markdown table
  --update       write the table into docs/performance.md
  --json         end with one line of JSON on standard output, instead of the table`;

const kinds = ["key", "button"] as const;
type Kind = (typeof kinds)[number];

interface InputResult {
  kind: Kind;
  presses: number;
  p50Ms: number;
  p95Ms: number;
  maxMs: number;
}

export const input: Benchmark = {
  name: "input",
  summary: "from a press in the browser to the picture that answers it",
  usage,
  async run(args, signal) {
    const { values, flags } = parseOptions(args, {
      values: ["size", "presses"],
      flags: outputFlags,
    });
    const size = parseSize(values.size ?? "1280x720");
    const presses = wholeNumber("--presses", values.presses, bounds.presses);
    const output = outputOf(flags);
    const machine = await describeMachine(signal);
    const results = await measure({ size, presses, signal });
    await publish(
      {
        section: "input",
        command: commandLine("input", args),
        ...{ machine, report: { size: sizeText(size), results } },
        tables: [tableOf(size, results)],
      },
      output,
    );
  },
};

interface Run {
  size: ScreenSize;
  presses: number;
  signal: AbortSignal;
}

async function measure({ size, presses, signal }: Run): Promise<InputResult[]> {
  await streamspace.prepare?.(signal);
  await using owned = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "streamspace-bench-"));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  const spawner = new ChildSpawner();
  const chromium = owned.use(await launchChromium({ signal }));
  const display = owned.use(
    await startBenchDisplay({ spawner, ...size, signal }),
  );
  const { child } = await startUntilLine({
    ...{ spawner, signal, name: "the drawing client" },
    file: process.execPath,
    args: [contentProgram, "--display", display.name],
    pattern: /^ready$/,
    timeoutMs: 10_000,
  });
  owned.defer(() => child.close());
  const system = owned.use(
    await streamspace.start({
      ...{ spawner, display: display.name, folder, signal },
    }),
  );
  const page = await openPage(chromium, system.url, size);
  const results: InputResult[] = [];
  for (const kind of kinds) {
    const answers: number[] = [];
    for (let press = -warmUpPresses; press < presses; press += 1) {
      signal.throwIfAborted();
      const answer = await answerTo(page, kind);
      if (press >= 0) answers.push(answer);
    }
    results.push({
      ...{ kind, presses },
      p50Ms: percentile(answers, 50),
      p95Ms: percentile(answers, 95),
      maxMs: Math.max(...answers),
    });
  }
  return results;
}

async function openPage(
  chromium: ChromiumBrowser,
  url: string,
  size: ScreenSize,
): Promise<Page> {
  const context = await chromium.browser.newContext({ viewport: size });
  const page = await context.newPage();
  await addInputScripts(page);
  await page.goto(url, { timeout: 10_000 });
  await poll(
    async () =>
      (await page.evaluate(stateOfPage)) === "connected" ? true : undefined,
    { everyMs: 50, timeoutMs: 15_000, what: "the picture" },
  );
  await page.mouse.move(size.width / 2, size.height / 2);
  await sleep(1_000);
  return page;
}

function stateOfPage(): string | undefined {
  return (
    globalThis as unknown as { streamspace?: { state: { kind: string } } }
  ).streamspace?.state.kind;
}

async function answerTo(page: Page, kind: Kind): Promise<number> {
  await resetAnswer(page);
  await sleep(pauseMs.min + Math.random() * pauseMs.spread);
  if (kind === "key") await page.keyboard.press("a");
  else {
    await page.mouse.down();
    await page.mouse.up();
  }
  return await poll(() => answerMs(page), {
    ...{ everyMs: 10, timeoutMs: 3_000, what: "the answer to a press" },
  });
}

function tableOf(size: ScreenSize, results: readonly InputResult[]): Table {
  return {
    title: `From a press to its answer in Chromium, ${sizeText(size)}`,
    wordColumns: 1,
    rows: [
      ["press", "presses", "p50 ms", "p95 ms", "max ms"],
      ...results.map(({ kind, presses, p50Ms, p95Ms, maxMs }) => [
        kind,
        String(presses),
        ...[p50Ms, p95Ms, maxMs].map((ms) => ms.toFixed(1)),
      ]),
    ],
  };
}
