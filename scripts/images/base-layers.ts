/**
 * The layers of images that are not of this project: they keep the digests under which everybody has them.
 */
import { parseConfig } from "./canonical.ts";
import { run } from "./command.ts";
import { configCommand } from "./engine.ts";
import { BuildFailure } from "./failure.ts";
import type { Architecture, EngineName } from "./options.ts";

const readTimeoutMs = 900_000;

/**
 * Layers of the runtimes' bases, by architecture. Each is asked for once, and only after a runtime was built for it: that
 * pulls the base, and an engine has one of its platforms at a time under the same name.
 */
export function baseLayersOf(
  engine: EngineName,
  references: readonly string[],
  signal: AbortSignal,
): (architecture: Architecture) => Promise<ReadonlySet<string>> {
  const known = new Map<Architecture, Promise<ReadonlySet<string>>>();
  return (architecture) => {
    const layers =
      known.get(architecture) ??
      readLayers(engine, references, architecture, signal);
    known.set(architecture, layers);
    return layers;
  };
}

/** One that the engine has not, or has for another platform, is left out. */
async function readLayers(
  engine: EngineName,
  references: readonly string[],
  architecture: Architecture,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const layers = new Set<string>();
  for (const reference of references) {
    if (reference === "scratch") continue;
    const what = `reading the base ${reference}`;
    const options = { what, timeoutMs: readTimeoutMs, signal };
    try {
      const text = await run(configCommand(engine, reference), options);
      const config = parseConfig(text);
      if (config.architecture !== architecture) continue;
      for (const diffId of config.rootfs.diff_ids) layers.add(diffId);
    } catch (error) {
      if (!(error instanceof BuildFailure) || error.kind === "interrupted") {
        throw error;
      }
    }
  }
  return layers;
}
