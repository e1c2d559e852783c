/**
 * The build from the command line to the summary: what is built, checked, published and tagged, in this order.
 */
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { baseLayersOf } from "./base-layers.ts";
import { describeStage, type BuildContext } from "./build-image.ts";
import { openCache, type HeldCache } from "./cache.ts";
import { basesOf, check, checkBefore, type CheckedImage } from "./check.ts";
import { run } from "./command.ts";
import { probeCommand } from "./engine.ts";
import { baseImageOf } from "./environment.ts";
import { BuildFailure } from "./failure.ts";
import { Git } from "./git.ts";
import { outputFolder } from "./naming.ts";
import type { BuildOptions, EngineName } from "./options.ts";
import {
  describePlan,
  prepare,
  readRequired,
  type BuildHost,
  type Preparation,
} from "./prepare.ts";
import { Registry } from "./registry.ts";
import { publishAll } from "./release.ts";
import { parallelBuilds, runInOrder } from "./schedule.ts";
import { readSigningKey } from "./signature.ts";
import { buildWhereChanged, type Inputs } from "./unchanged.ts";

/** Builds what the options say. @throws BuildFailure */
export async function buildImages(
  options: BuildOptions,
  host: BuildHost,
): Promise<void> {
  const prepared = await prepare(options, host);
  if (prepared.planned.length === 0) {
    host.print(
      prepared.isIncomplete
        ? "nothing to build: what changed is left out"
        : `nothing to build: no image changed since ${options.changedSince ?? ""}`,
    );
    return;
  }
  if (options.dryRun) {
    host.print(describePlan(prepared, host));
  }
  await checkBefore(prepared, host);
  if (options.dryRun) return;
  const key = options.sign ? readSigningKey(host.environment) : undefined;
  const registry = options.push
    ? new Registry(prepared.destination.host, host.signal)
    : undefined;
  await registry?.ping();
  await probeEngine(prepared.engine, host.signal);

  const cache = await openCache(host.environment);
  try {
    const context = await contextOf(prepared, host, cache);
    const inputs: Inputs = {
      folder: cache.stages,
      files: await new Git(host.root, host.signal).files(),
      bases: await runtimeBases(host),
    };
    const images = await buildAll(prepared, { context, inputs }, host);
    await publishAll(prepared, context, host, { images, key, registry });
  } finally {
    await cache.close();
  }
}

async function probeEngine(
  engine: EngineName,
  signal: AbortSignal,
): Promise<void> {
  const what = `asking ${engine} whether it works`;
  const options = { what, timeoutMs: 30_000, signal };
  await run(probeCommand(engine), options).catch((error: unknown) => {
    if (!(error instanceof BuildFailure) || error.kind === "interrupted") {
      throw error;
    }
    throw new BuildFailure(
      "unavailable",
      `the engine ${engine} is installed but does not work`,
      { cause: error, lastLines: error.lastLines.slice(-3) },
    );
  });
}

async function contextOf(
  { options, engine, machine, source, destination, argumentsOf }: Preparation,
  host: BuildHost,
  { store, temporary }: HeldCache,
): Promise<BuildContext> {
  const bases = await runtimeBases(host);
  return {
    root: host.root,
    engine,
    host: machine,
    baseLayers: baseLayersOf(engine, bases, host.signal),
    store,
    temporary,
    labels: {
      version: destination.tag,
      revision: source.revision,
      created: new Date(source.committedAt * 1000)
        .toISOString()
        .replace(".000Z", "Z"),
      source: source.url,
    },
    minimal: options.minimal,
    noCache: options.noCache,
    baseImage: baseImageOf(host.environment),
    argumentsOf,
    signal: host.signal,
  };
}

/** Images that are not of this project, which the runtimes are built on. */
async function runtimeBases(host: BuildHost): Promise<string[]> {
  const dockerfile = await readRequired(host.root, "Dockerfile");
  return basesOf(dockerfile, true, host.environment);
}

/** Builds every image of the plan, for every platform, and checks those that were asked for. */
async function buildAll(
  prepared: Preparation,
  { context, inputs }: { context: BuildContext; inputs: Inputs },
  host: BuildHost,
): Promise<CheckedImage[]> {
  const { planned, architectures } = prepared;
  const output = join(host.root, outputFolder(context.minimal));
  await mkdir(output, { recursive: true });
  const images: CheckedImage[] = [];
  const items = planned.map((entry) => ({
    ...entry,
    name: entry.image.name,
    dependsOn: entry.image.dependsOn,
  }));
  const limit = parallelBuilds(availableParallelism());
  // One platform after the other: an engine has a base for one of them at a time, and builds beside each other would
  // take it out of each other's hands.
  for (const architecture of architectures) {
    await runInOrder(items, limit, async ({ image, isWanted }, index) => {
      const label = `[${index + 1}/${items.length}] ${image.name} ${architecture}`;
      host.say(`${label}: building`);
      const startedAt = performance.now();
      const file = join(output, `${image.name}-${architecture}`);
      await rm(`${file}.log`, { force: true });
      const isBuilt = await buildWhereChanged(context, inputs, {
        image,
        architecture,
        logFile: `${file}.log`,
      });
      if (!isBuilt) host.say(`${label}: nothing changed`);
      // Now: the engine has the base for this platform until it builds for the next.
      if (image.dependsOn.length === 0) await context.baseLayers(architecture);
      if (!isWanted) return;
      const built = await describeStage(context, image, architecture);
      const result = await check(prepared, host, built, file);
      const timeMs = performance.now() - startedAt;
      images.push({ ...built, scan: result, timeMs });
      host.say(`${label}: ${built.digest}, ${(timeMs / 1000).toFixed(1)} s`);
    });
  }
  return images;
}
