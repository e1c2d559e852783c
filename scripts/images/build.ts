/**
 * The build from the command line to the summary: what is built, checked, published and tagged, in this order.
 */
import type { KeyObject } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import {
  buildRequest,
  buildStage,
  describeStage,
  tagLocally,
  type BuildContext,
  type BuiltImage,
} from "./build-image.ts";
import { takeLock } from "./build-lock.ts";
import { readCatalogue } from "./catalogue.ts";
import { describeCommand, run } from "./command.ts";
import {
  buildCommand,
  chooseEngine,
  probeCommand,
  readHostFacts,
  type HostFacts,
} from "./engine.ts";
import { BuildFailure } from "./failure.ts";
import { Git, type SourceState } from "./git.ts";
import { LayerStore, writeWhole } from "./layer-store.ts";
import {
  destinationOf,
  referenceOf,
  repositoryOf,
  type Destination,
} from "./naming.ts";
import type { Architecture, BuildOptions, EngineName } from "./options.ts";
import { planBuild, type PlannedImage } from "./plan.ts";
import { parsePolicy, type Policy } from "./policy-file.ts";
import { externalBases, violations } from "./policy.ts";
import { Publisher, type PublishedImage } from "./publish.ts";
import { Registry } from "./registry.ts";
import { scan, type ScanResult } from "./scan.ts";
import { parallelBuilds, runInOrder } from "./schedule.ts";
import { readSigningKey } from "./signature.ts";
import { formatSummary, type SummaryRow } from "./summary.ts";

/** The world outside. */
export interface BuildHost {
  /** The repository. */
  root: string;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Progress, for people. */
  say(line: string): void;
  /** The result, for people. */
  print(text: string): void;
}

/** What is decided before anything is done. */
interface Preparation {
  options: BuildOptions;
  planned: readonly PlannedImage[];
  architectures: readonly Architecture[];
  engine: EngineName;
  machine: HostFacts;
  policy: Policy;
  source: SourceState;
  destination: Destination;
}

/** An image that was built and keeps to the policy. */
interface CheckedImage extends BuiltImage {
  scan: ScanResult;
}

/** Builds what the options say. @throws BuildFailure */
export async function buildImages(
  options: BuildOptions,
  host: BuildHost,
): Promise<void> {
  const prepared = await prepare(options, host);
  if (prepared.planned.length === 0) {
    host.print(
      `nothing to build: no image changed since ${options.changedSince ?? ""}`,
    );
    return;
  }
  if (options.dryRun) {
    host.print(describePlan(prepared, host));
    return;
  }
  const key = options.sign ? readSigningKey(host.environment) : undefined;
  const registry = options.push
    ? new Registry(prepared.destination.host, host.signal)
    : undefined;
  await registry?.ping();
  await probeEngine(prepared.engine, host.signal);

  const cache = cacheFolder(host.environment);
  const store = new LayerStore(cache);
  await store.open();
  const giveBack = takeLock(join(cache, "lock"));
  const temporary = await mkdtemp(join(cache, "build-"));
  try {
    const context = contextOf(prepared, host, store, temporary);
    const images = await buildAll(prepared, context, host);
    await publishAll(prepared, context, host, { images, key, registry });
  } finally {
    await rm(temporary, { recursive: true, force: true });
    giveBack();
  }
}

async function prepare(
  options: BuildOptions,
  host: BuildHost,
): Promise<Preparation> {
  const git = new Git(host.root, host.signal);
  const images = readCatalogue(join(host.root, "images", "catalogue.json"));
  const { names, all, minimal, changedSince } = options;
  const source = await git.readState();
  const changedFiles =
    changedSince === undefined
      ? undefined
      : await git.changedFiles(changedSince);
  const planned = planBuild(images, { names, all, minimal, changedFiles });
  const policyFile = join("images", "policy.yaml");
  const policy = parsePolicy(
    await readRequired(host.root, policyFile),
    policyFile,
  );
  const engine = chooseEngine(options.engine, host.environment["PATH"]);
  const machine = readHostFacts();
  const version = options.version ?? source.version;
  return {
    options,
    planned,
    architectures:
      options.platforms.length === 0
        ? [machine.architecture]
        : options.platforms,
    engine,
    machine,
    policy,
    source,
    destination: destinationOf(options.registry, version, minimal),
  };
}

async function readRequired(root: string, file: string): Promise<string> {
  return await readFile(join(root, file), "utf8").catch((error: unknown) => {
    throw new BuildFailure("usage", `the file ${file} cannot be read`, {
      cause: error,
    });
  });
}

/** Layers and what is known of them; survives builds. */
function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const caches = environment["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return (
    environment["STREAMSPACE_IMAGE_CACHE"] ?? join(caches, "streamspace-images")
  );
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

function contextOf(
  { options, engine, machine, source, destination }: Preparation,
  host: BuildHost,
  store: LayerStore,
  temporary: string,
): BuildContext {
  return {
    root: host.root,
    engine,
    host: machine,
    store,
    temporary,
    labels: {
      version: destination.tag,
      revision: source.revision,
      created: new Date(source.committedAt * 1000)
        .toISOString()
        .replace(".000Z", "Z"),
    },
    minimal: options.minimal,
    noCache: options.noCache,
    baseImage: host.environment["STREAMSPACE_BASE_IMAGE"],
    signal: host.signal,
  };
}

function describePlan(prepared: Preparation, host: BuildHost): string {
  const { options, engine, machine, destination, architectures } = prepared;
  const context = {
    root: host.root,
    engine,
    host: machine,
    minimal: options.minimal,
    noCache: options.noCache,
    baseImage: host.environment["STREAMSPACE_BASE_IMAGE"],
  };
  return prepared.planned
    .flatMap(({ image, isWanted }) =>
      architectures.flatMap((architecture) => [
        isWanted
          ? `${image.name} ${architecture}: ${referenceOf(destination, image.name)}${options.push ? ", pushed" : ""}`
          : `${image.name} ${architecture}: only because others are built on it`,
        `  ${describeCommand(buildCommand(engine, buildRequest(context, image, architecture), machine))}`,
      ]),
    )
    .join("\n");
}

/** Builds every image of the plan, for every platform, and checks those that were asked for. */
async function buildAll(
  prepared: Preparation,
  context: BuildContext,
  host: BuildHost,
): Promise<CheckedImage[]> {
  const { planned, architectures } = prepared;
  const output = join(host.root, "dist", "images");
  await mkdir(output, { recursive: true });
  const images: CheckedImage[] = [];
  const items = planned.map((entry) => ({
    ...entry,
    name: entry.image.name,
    dependsOn: entry.image.dependsOn,
  }));
  const limit = parallelBuilds(availableParallelism());
  await runInOrder(items, limit, async ({ image, isWanted }, index) => {
    for (const architecture of architectures) {
      const label = `[${index + 1}/${items.length}] ${image.name} ${architecture}`;
      host.say(`${label}: building`);
      const startedAt = performance.now();
      const file = join(output, `${image.name}-${architecture}`);
      await rm(`${file}.log`, { force: true });
      await buildStage(context, image, architecture, `${file}.log`);
      if (!isWanted) continue;
      const built = await describeStage(context, image, architecture);
      const result = await check(prepared, host, built, file);
      const timeMs = performance.now() - startedAt;
      images.push({ ...built, scan: result, timeMs });
      host.say(`${label}: ${built.digest}, ${(timeMs / 1000).toFixed(1)} s`);
    }
  });
  return images;
}

/** Scans an image and holds it against the policy. @throws BuildFailure `policy` with every violation. */
async function check(
  { options, policy }: Preparation,
  host: BuildHost,
  built: Omit<BuiltImage, "timeMs">,
  file: string,
): Promise<ScanResult> {
  const { image, layers } = built;
  const sbomFile = `${file}.cdx.json`;
  if (options.sbom || options.scan) await writeWhole(sbomFile, built.sbom);
  const result: ScanResult = options.scan
    ? await scan(sbomFile, host.signal)
    : { state: "skipped" };
  if (result.state === "unavailable") {
    host.say(`${image.name}: vulnerabilities unavailable, ${result.reason}`);
  }
  const text = await readRequired(host.root, image.dockerfile);
  const found = violations(policy, {
    name: image.name,
    size: layers.reduce((sum, layer) => sum + layer.uncompressedSize, 0),
    bases: basesOf(text, image.dependsOn.length === 0, host.environment),
    scan: result,
    isPushed: options.push,
    isSigned: options.sign,
  });
  if (found.length === 0) return result;
  throw new BuildFailure(
    "policy",
    `${image.name} violates images/policy.yaml: ${found.join("; ")}`,
  );
}

/** A runtime may have been given another base. */
function basesOf(
  dockerfile: string,
  isRuntime: boolean,
  environment: NodeJS.ProcessEnv,
): string[] {
  const base = environment["STREAMSPACE_BASE_IMAGE"];
  const text =
    isRuntime && base !== undefined
      ? dockerfile.replace(/^ARG BASE_IMAGE=\S*/m, `ARG BASE_IMAGE=${base}`)
      : dockerfile;
  return externalBases(text);
}

interface Publication {
  images: readonly CheckedImage[];
  key: KeyObject | undefined;
  registry: Registry | undefined;
}

/** Pushes by digest, then sets every tag: in the registry, then in the engine. */
async function publishAll(
  prepared: Preparation,
  context: BuildContext,
  host: BuildHost,
  { images, key, registry }: Publication,
): Promise<void> {
  const { destination, options, machine } = prepared;
  const names = [...new Set(images.map(({ image }) => image.name))];
  if (registry !== undefined) {
    const publisher = new Publisher({
      registry,
      store: context.store,
      sbom: options.sbom,
      key,
    });
    const published: PublishedImage[] = [];
    for (const name of names) {
      const repository = repositoryOf(destination, name);
      host.say(`${name}: pushing to ${destination.host}/${repository}`);
      const platforms = images.filter(({ image }) => image.name === name);
      published.push(await publisher.publish(repository, platforms));
    }
    for (const each of published) await publisher.tag(each, destination.tag);
    const { uploaded, mounted, present } = publisher.traffic;
    host.say(
      `layers pushed: ${megabytes(uploaded)} uploaded, ${megabytes(mounted)} shared with another image, ${megabytes(present)} were there`,
    );
  }
  for (const built of images) {
    const reference = referenceOf(destination, built.image.name);
    const isForeign = built.architecture !== machine.architecture;
    await tagLocally(
      context,
      built,
      isForeign ? `${reference}-${built.architecture}` : reference,
    );
  }
  await report(images, key !== undefined, destination, host);
}

async function report(
  images: readonly CheckedImage[],
  isSigned: boolean,
  destination: Destination,
  host: BuildHost,
): Promise<void> {
  const rows: SummaryRow[] = images.map((built) => ({
    name: built.image.name,
    architecture: built.architecture,
    layers: built.layers.map(({ blob, uncompressedSize }) => ({
      digest: blob.digest,
      size: blob.size,
      uncompressedSize,
    })),
    timeMs: Math.round(built.timeMs),
    digest: built.digest,
    scan: built.scan,
    signature: isSigned ? "verified" : "-",
  }));
  const withNames = rows.map((row) => ({
    ...row,
    reference: referenceOf(destination, row.name),
  }));
  const file = join(host.root, "dist", "images", "summary.json");
  await writeWhole(file, `${JSON.stringify(withNames, undefined, 2)}\n`);
  host.print(formatSummary(rows));
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
