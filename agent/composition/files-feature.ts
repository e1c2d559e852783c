/**
 * Files: the folder that the settings name, and what viewers may do with it.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Logger } from "../base/log.ts";
import type { Config } from "../config/settings.ts";
import { SharedFolder } from "../session/shared-folder.ts";
import { filesFeature } from "../../signaling/features/files.ts";
import { filesLimits, type HealthSnapshot } from "../../signaling/protocol.ts";
import type { OpenFeature } from "../../signaling/viewer-feature.ts";

/** The folder, or `undefined` where no files are exchanged. Made when the agent is the session's user already. */
export function sharedFolder(
  config: Config,
  log: Logger,
): SharedFolder | undefined {
  if (config.files === "off") return undefined;
  return new SharedFolder({
    path: config.filesDir ?? join(homedir(), "Downloads"),
    maxCount: config.filesMaxCount,
    minFreeBytes: config.filesMinFreeBytes,
    maxListed: filesLimits.listed,
    log,
  });
}

/** The feature, where files are exchanged. */
export function filesFeatures(
  config: Config,
  folder: SharedFolder | undefined,
): readonly OpenFeature[] {
  if (folder === undefined) return [];
  const rules = { policy: config.files, maxBytes: config.filesMaxBytes };
  return [filesFeature(folder, rules)];
}

/** What `/health` says of it. */
export function filesHealth(config: Config): HealthSnapshot["files"] {
  return { policy: config.files, maxBytes: config.filesMaxBytes };
}
