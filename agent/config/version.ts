/**
 * The version of the agent, from its package.json.
 */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { StreamSpaceError } from "../base/errors.ts";

/**
 * The version, e.g. `0.1.0`; the same whether run from source or from `dist/`.
 * @throws StreamSpaceError `internal` where the installation is damaged.
 */
export function agentVersion(): string {
  // Read once: health names it also when no file can be opened any more.
  version ??= readVersion();
  return version;
}

let version: string | undefined;

function readVersion(): string {
  const path = findPackageJSON(import.meta.url);
  if (path !== undefined) {
    const contents: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (
      typeof contents === "object" &&
      contents !== null &&
      "version" in contents &&
      typeof contents.version === "string"
    ) {
      return contents.version;
    }
  }
  throw new StreamSpaceError("internal", "package.json names no version");
}
