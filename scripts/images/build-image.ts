/**
 * One image on one platform: built by the engine, then taken apart, made canonical and described.
 */
import { randomUUID } from "node:crypto";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  canonicalConfig,
  digestOf,
  digitsOf,
  imageManifest,
  parseConfig,
} from "./canonical.ts";
import type { Image } from "./catalogue.ts";
import { run, type RunOptions } from "./command.ts";
import {
  buildCommand,
  configCommand,
  exportCommand,
  importCommand,
  type BuildRequest,
  type HostFacts,
} from "./engine.ts";
import { BuildFailure } from "./failure.ts";
import { mergeFindings } from "./findings.ts";
import type { LayerSource, LayerStore, StoredLayer } from "./layer-store.ts";
import { labelsOf, stagingName, type LabelFacts } from "./naming.ts";
import type { Architecture, EngineName } from "./options.ts";
import { cycloneDx } from "./sbom.ts";

/**
 * Time of the files in layers, seconds since 1970: the beginning of 2026 and not the commit's, so that a
 * layer which the engine still has from an older commit is the layer that a build from nothing makes.
 */
export const layerEpoch = 1_767_225_600;

const buildTimeoutMs = 3_600_000;
const copyTimeoutMs = 900_000;

/** What all images of a build have in common. */
export interface BuildContext {
  /** The repository, which is what Dockerfiles copy from. */
  root: string;
  engine: EngineName;
  host: HostFacts;
  store: LayerStore;
  /** For files that live as long as the build. */
  temporary: string;
  labels: LabelFacts;
  minimal: boolean;
  noCache: boolean;
  /** Layers of the runtimes' base, once the engine has it. */
  baseLayers: (architecture: Architecture) => Promise<ReadonlySet<string>>;
  /** Instead of the Dockerfile's own base; see STREAMSPACE_BASE_IMAGE. */
  baseImage: string | undefined;
  /** Arguments that an image needs beside its base. */
  argumentsOf: (image: Image) => Record<string, string>;
  signal: AbortSignal;
}

/** An image that was built, in memory but for its layers. */
export interface BuiltImage {
  image: Image;
  architecture: Architecture;
  /** Lowest first; the files are in the store. */
  layers: readonly StoredLayer[];
  config: Buffer;
  manifest: Buffer;
  /** Of the manifest. */
  digest: string;
  sbom: Buffer;
  timeMs: number;
}

/** What the engine is asked to build. */
export function buildRequest(
  context: Omit<
    BuildContext,
    "store" | "signal" | "temporary" | "labels" | "baseLayers"
  >,
  image: Image,
  architecture: Architecture,
): BuildRequest {
  const [base] = image.dependsOn;
  const buildArgs = { ...context.argumentsOf(image) };
  if (base !== undefined) {
    buildArgs["RUNTIME_IMAGE"] = stagingName(
      base,
      architecture,
      context.minimal,
    );
  } else if (context.baseImage !== undefined) {
    buildArgs["BASE_IMAGE"] = context.baseImage;
  }
  return {
    dockerfile: image.dockerfile,
    target: image.target,
    stagingName: stagingName(image.name, architecture, context.minimal),
    architecture,
    buildArgs,
    noCache: context.noCache,
    epoch: layerEpoch,
  };
}

/**
 * Has the engine build an image under its staging name.
 * @param logFile gets the engine's output.
 * @throws BuildFailure
 */
export async function buildStage(
  context: BuildContext,
  image: Image,
  architecture: Architecture,
  logFile: string,
): Promise<void> {
  const request = buildRequest(context, image, architecture);
  await run(buildCommand(context.engine, request, context.host), {
    what: `building ${image.name} for ${architecture}`,
    timeoutMs: buildTimeoutMs,
    signal: context.signal,
    cwd: context.root,
    logFile,
  });
}

/** Takes an image that {@link buildStage} built out of the engine. @throws BuildFailure */
export async function describeStage(
  context: BuildContext,
  image: Image,
  architecture: Architecture,
): Promise<Omit<BuiltImage, "timeMs">> {
  const { engine, labels, signal } = context;
  const name = stagingName(image.name, architecture, context.minimal);
  const copying: RunOptions = {
    what: `reading ${image.name} out of ${engine}`,
    timeoutMs: copyTimeoutMs,
    signal,
  };
  const raw = parseConfig(await run(configCommand(engine, name), copying));
  // An engine's cache may hold the same steps of another platform, where both start from scratch.
  if (raw.architecture !== architecture) {
    throw new BuildFailure(
      "failed",
      `${engine} built ${image.name} for ${raw.architecture} instead of ${architecture}; try --no-cache`,
    );
  }
  const sources = await sourcesOf(context, architecture, raw.rootfs.diff_ids);
  const layers = await storeLayers(context, name, sources, copying);
  const rootfs = { ...raw.rootfs, diff_ids: layers.map((l) => l.diffId) };
  const published = { ...raw, rootfs };
  const config = canonicalConfig(
    published,
    labelsOf(image, labels),
    labels.created,
  );
  const manifest = imageManifest(
    config,
    layers.map(({ blob }) => blob),
  );
  const digest = digestOf(manifest);
  const { version, created } = labels;
  const sbom = cycloneDx(
    { name: image.name, version, digest, created },
    mergeFindings(layers.map(({ findings }) => findings)),
  );
  return { image, architecture, layers, config, manifest, digest, sbom };
}

/** What becomes of the times in each layer: those of a base stay. */
async function sourcesOf(
  { store, baseLayers }: BuildContext,
  architecture: Architecture,
  diffIds: readonly string[],
): Promise<LayerSource[]> {
  const foreign = await baseLayers(architecture);
  const sources: LayerSource[] = [];
  for (const diffId of diffIds) {
    const asItIs: LayerSource = { diffId, epoch: undefined };
    // The engine may have the base for another platform by now; what was a base's layer once stays one.
    const isForeign =
      foreign.has(diffId) || (await store.find(asItIs)) !== undefined;
    sources.push(isForeign ? asItIs : { diffId, epoch: layerEpoch });
  }
  return sources;
}

/** Every layer in the store; the engine is asked only where one is missing. */
async function storeLayers(
  context: BuildContext,
  name: string,
  sources: readonly LayerSource[],
  copying: RunOptions,
): Promise<StoredLayer[]> {
  const { engine, store, temporary, signal } = context;
  const found = new Map<string, StoredLayer>();
  for (const source of sources) {
    const layer = await store.find(source);
    if (layer !== undefined) found.set(source.diffId, layer);
  }
  const missing = sources.filter(({ diffId }) => !found.has(diffId));
  if (missing.length > 0) {
    const folder = join(temporary, randomUUID());
    try {
      await run(exportCommand(engine, name, folder), copying);
      for (const source of missing) {
        const { diffId } = source;
        if (found.has(diffId)) continue; // The same layer twice.
        const file = join(folder, digitsOf(diffId));
        found.set(diffId, await store.add(source, file, signal));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new BuildFailure(
        "interrupted",
        `interrupted while ${copying.what}`,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return sources.flatMap(({ diffId }) => found.get(diffId) ?? []);
}

/**
 * Takes an image into the engine under the name a person uses, unless it is there already.
 * @throws BuildFailure
 */
export async function tagLocally(
  { engine, store, temporary, signal }: BuildContext,
  built: BuiltImage,
  reference: string,
): Promise<void> {
  const options: RunOptions = {
    what: `tagging ${reference}`,
    timeoutMs: copyTimeoutMs,
    signal,
  };
  const present = await run(configCommand(engine, reference), options).catch(
    () => "", // Not there yet, which is the usual case.
  );
  if (present.trim() === built.config.toString("utf8")) return;
  const folder = join(temporary, randomUUID());
  try {
    await mkdir(folder);
    await writeFile(
      join(folder, "version"),
      "Directory Transport Version: 1.1\n",
    );
    await writeFile(join(folder, "manifest.json"), built.manifest);
    const config = join(folder, digitsOf(digestOf(built.config)));
    await writeFile(config, built.config);
    const digests = new Set(built.layers.map(({ blob }) => blob.digest));
    for (const digest of digests) {
      await link(store.blobFile(digest), join(folder, digitsOf(digest)));
    }
    await run(importCommand(engine, folder, reference), options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
