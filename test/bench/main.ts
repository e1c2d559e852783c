/**
 * `npm run bench -- <benchmark> [options]`
 *
 * Exit codes: 0 done, 1 failed, 64 the command line is wrong (EX_USAGE of sysexits.h), 130 interrupted.
 */
import { StreamSpaceError, messageOf } from "../../agent/base/errors.ts";
import { usageError, type Benchmark } from "./benchmark.ts";
import { encode } from "./commands/encode.ts";
import { input } from "./commands/input.ts";
import { latency } from "./commands/latency.ts";
import { session } from "./commands/session.ts";
import { soak } from "./commands/soak.ts";

/** A new benchmark is a file in `commands/` and a word here. */
const benchmarks: readonly Benchmark[] = [
  latency,
  encode,
  session,
  input,
  soak,
];

const exitCodes = { ok: 0, failure: 1, usage: 64, interrupted: 130 } as const;

async function main(args: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    return await dispatch(args, interrupted.signal);
  } catch (error) {
    if (interrupted.signal.aborted) return exitCodes.interrupted;
    return report(error);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

async function dispatch(
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--help" || name === "-h") {
    console.log(`Usage: npm run bench -- <benchmark> [options]\n\n${list()}`);
    return exitCodes.ok;
  }
  const benchmark = benchmarks.find((known) => known.name === name);
  if (benchmark === undefined) {
    const what =
      name === undefined
        ? "Name a benchmark"
        : `There is no benchmark "${name}"`;
    throw usageError(`${what}; there are:\n${list()}`);
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    console.log(benchmark.usage);
    return exitCodes.ok;
  }
  await benchmark.run(rest, signal);
  return exitCodes.ok;
}

function list(): string {
  return benchmarks
    .map(({ name, summary }) => `  ${name}  ${summary}`)
    .join("\n");
}

/** Says what went wrong and returns the exit code. */
function report(error: unknown): number {
  if (error instanceof SuppressedError) {
    // Closing failed after something else had: the first failure is the reason.
    const exitCode = report(error.suppressed);
    console.error(messageOf(error.error));
    return exitCode;
  }
  console.error(messageOf(error));
  if (!(error instanceof StreamSpaceError)) {
    if (error instanceof Error) console.error(error.stack);
    return exitCodes.failure;
  }
  if (error.mend !== undefined) console.error(error.mend);
  return error.code === "config" ? exitCodes.usage : exitCodes.failure;
}

process.exitCode = await main(process.argv.slice(2));
