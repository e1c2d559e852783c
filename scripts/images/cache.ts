/**
 * The folder that survives builds: layers, what is known of them, and what was built from what. While the lock is held,
 * whatever an earlier build was stopped over is nobody's.
 */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { takeLock } from "./build-lock.ts";
import { settingOf } from "./environment.ts";
import { LayerStore } from "./layer-store.ts";

/** What no build has used for that long is removed. */
const maxAgeMs = 30 * 24 * 3_600_000;
/** Beginning of the name of a folder that lives as long as a build. Somebody may have set a cache that is not for it alone. */
const temporaryPrefix = ".streamspace-build-";
/** Files that are renamed when they are whole: `.UUID` of a layer, `NAME.UUID` of anything else. */
const unfinished = /\.[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Files of the layer store, blobs and what is known of them: nothing else is removed for its age. */
const stored = /^[\da-f]{64}(?:(?:-\d+)?\.json)?$/;
const storedFolder = /^(?:blobs|layers-v\d+)$/;

/** The cache, held by one build until `close`. */
export interface HeldCache {
  store: LayerStore;
  /** For files that live as long as the build. */
  temporary: string;
  /** It is remembered here what was built from what. */
  stages: string;
  close: () => Promise<void>;
}

/** @throws BuildFailure `unavailable` where it cannot be made, or another build has it. */
export async function openCache(
  environment: NodeJS.ProcessEnv,
): Promise<HeldCache> {
  const folder = cacheFolder(environment);
  const store = new LayerStore(folder);
  await store.open();
  const giveBack = takeLock(join(folder, "lock"));
  try {
    await removeLeftovers(folder);
    const temporary = await mkdtemp(join(folder, temporaryPrefix));
    const close = async (): Promise<void> => {
      await rm(temporary, { recursive: true, force: true });
      giveBack();
    };
    return { store, temporary, stages: join(folder, "stages"), close };
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** Layers and what is known of them; survives builds. */
function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const caches =
    settingOf(environment, "XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  return (
    settingOf(environment, "STREAMSPACE_IMAGE_CACHE") ??
    join(caches, "streamspace-images")
  );
}

/** Removes what stopped builds left, and what has been of no use for long. */
async function removeLeftovers(folder: string): Promise<void> {
  const now = Date.now();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(temporaryPrefix)) {
      await rm(path, { recursive: true, force: true });
    } else if (storedFolder.test(entry.name)) {
      await removeOld(path, now - maxAgeMs);
    } else if (entry.name === "stages") {
      await removeOld(path, 0);
    }
  }
}

/** Removes files that are not whole, and those whose last use, in ms since 1970, is before `since`. */
async function removeOld(folder: string, since: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const isOld = stored.test(name) && (await stat(file)).mtimeMs < since;
    if (isOld || unfinished.test(name)) await rm(file, { force: true });
  }
}
