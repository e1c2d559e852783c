/**
 * What a bill of materials needs of the layers of an image: the package database, what was copied out of packages that
 * are not installed, Node and the npm packages. Pure.
 */
import { TarScanner } from "./tar-scanner.ts";

/** An npm package as it lies in a layer. */
export interface NpmPackage {
  /** Path of its folder. */
  path: string;
  name: string;
  version: string;
  /** SPDX expression, or whatever the package says; absent where it says nothing. */
  licence: string | undefined;
}

/** What one layer holds. */
export interface LayerFindings {
  /** `/var/lib/dpkg/status`; absent where the layer does not write it. */
  dpkgStatus: string | undefined;
  /** The same of packages that files were copied out of: {@link collectedFile}. */
  collectedStatus: string | undefined;
  /** Version of the agent's Node, which no package database knows. */
  nodeVersion: string | undefined;
  /** `/etc/os-release` or `/usr/lib/os-release`. */
  osRelease: string | undefined;
  npm: readonly NpmPackage[];
  /** Paths that the layer removes from those below it. */
  removed: readonly string[];
}

/** What an image holds, its layers put together. */
export type ImageFindings = Omit<LayerFindings, "removed">;

/** Packages, and applications that lie in a folder of their own in `/opt`. */
const packageFile =
  /(^|\/)node_modules\/(@[^/]+\/)?[^/@.][^/]*\/package\.json$|^opt\/[^/]+\/package\.json$/;
/** Written by images/runtime/collect-programs.sh. */
const collectedFile = "usr/share/streamspace/collected-packages";
/** Written by images/runtime/collect-agent.sh. */
const nodeVersionFile = "opt/streamspace/node-version";

/** Reads the findings of a layer while its tar archive streams by. */
export class LayerReader {
  readonly #scanner: TarScanner;
  #dpkgStatus: string | undefined;
  #collectedStatus: string | undefined;
  #nodeVersion: string | undefined;
  #osRelease: string | undefined;
  readonly #npm: NpmPackage[] = [];
  readonly #removed: string[] = [];

  constructor() {
    this.#scanner = new TarScanner({
      wants: (path) =>
        path === "var/lib/dpkg/status" ||
        path === collectedFile ||
        path === nodeVersionFile ||
        path === "usr/lib/os-release" ||
        path === "etc/os-release" ||
        packageFile.test(path),
      file: (path, content) => {
        this.#file(path, content.toString("utf8"));
      },
      entry: (path) => {
        this.#entry(path);
      },
    });
  }

  write(chunk: Buffer): void {
    this.#scanner.write(chunk);
  }

  findings(): LayerFindings {
    return {
      dpkgStatus: this.#dpkgStatus,
      collectedStatus: this.#collectedStatus,
      nodeVersion: this.#nodeVersion,
      osRelease: this.#osRelease,
      npm: this.#npm,
      removed: this.#removed,
    };
  }

  #file(path: string, text: string): void {
    if (path === "var/lib/dpkg/status") this.#dpkgStatus = text;
    else if (path === collectedFile) this.#collectedStatus = text;
    else if (path === nodeVersionFile) this.#nodeVersion = text.trim();
    else if (path.endsWith("/os-release")) this.#osRelease = text;
    else {
      const found = npmPackage(path.replace(/\/package\.json$/, ""), text);
      if (found !== undefined) this.#npm.push(found);
    }
  }

  /** https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts */
  #entry(path: string): void {
    const slash = path.lastIndexOf("/") + 1;
    const name = path.slice(slash);
    if (name === ".wh..wh..opq") this.#removed.push(path.slice(0, slash - 1));
    else if (name.startsWith(".wh.")) {
      this.#removed.push(path.slice(0, slash) + name.slice(".wh.".length));
    }
  }
}

/** `undefined` for a file that describes no package, as many do that only say `"type": "module"`. */
function npmPackage(path: string, text: string): NpmPackage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined; // A fixture of somebody's tests.
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { name, version, license } = json as Record<string, unknown>;
  if (typeof name !== "string" || typeof version !== "string") return undefined;
  const licence = typeof license === "string" ? license : undefined;
  return { path, name, version, licence };
}

/** Layers put together, the lowest first. */
export function mergeFindings(layers: readonly LayerFindings[]): ImageFindings {
  let dpkgStatus: string | undefined;
  let collectedStatus: string | undefined;
  let nodeVersion: string | undefined;
  let osRelease: string | undefined;
  const npm = new Map<string, NpmPackage>();
  for (const layer of layers) {
    for (const path of npm.keys()) {
      if (layer.removed.some((gone) => isWithin(path, gone))) npm.delete(path);
    }
    if (layer.removed.includes("var/lib/dpkg/status")) dpkgStatus = undefined;
    dpkgStatus = layer.dpkgStatus ?? dpkgStatus;
    collectedStatus = layer.collectedStatus ?? collectedStatus;
    nodeVersion = layer.nodeVersion ?? nodeVersion;
    osRelease = layer.osRelease ?? osRelease;
    for (const found of layer.npm) npm.set(found.path, found);
  }
  return {
    dpkgStatus,
    collectedStatus,
    nodeVersion,
    osRelease,
    npm: [...npm.values()],
  };
}

function isWithin(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}
