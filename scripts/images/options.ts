/**
 * The command line of `scripts/build-images.sh`.
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { BuildFailure } from "./failure.ts";

export const engineNames = ["docker", "buildah", "podman"] as const;
export type EngineName = (typeof engineNames)[number];

export const architectures = ["amd64", "arm64"] as const;
export type Architecture = (typeof architectures)[number];

/** What a person asked for. */
export interface BuildOptions {
  /** `host[:port][/folder]`, without a scheme; absent for a build that stays on the machine. */
  registry: string | undefined;
  names: readonly string[];
  /** The tag; from git where absent. */
  version: string | undefined;
  /** Empty: the machine's own. */
  platforms: readonly Architecture[];
  push: boolean;
  noCache: boolean;
  scan: boolean;
  sign: boolean;
  sbom: boolean;
  minimal: boolean;
  all: boolean;
  /** A git revision; only images changed since then are built. */
  changedSince: string | undefined;
  /** The first one that is installed where absent. */
  engine: EngineName | undefined;
  dryRun: boolean;
  help: boolean;
}

export const usage = `usage: scripts/build-images.sh [options]

Builds the session images in the order of their dependencies. Without --name, --all or --changed: runtime.

which images
  --name NAME          this image; may be repeated
  --all                every image of images/catalogue.json, and both runtimes
  --changed REV        only what changed since the git revision REV
  --minimal            runtime-minimal for runtime, and under the others; tags end in -minimal

how
  --engine ENGINE      docker, buildah or podman; otherwise the first that is installed
  --platforms LIST     linux/amd64,linux/arm64; otherwise the machine's own
  --version VERSION    the tag; otherwise from git
  --no-cache           builds every layer anew
  --dry-run            prints what would be done, and does nothing

what is checked and published
  --sbom               writes a bill of materials (CycloneDX) for each image; attached where pushed
  --scan, --no-scan    looks for known vulnerabilities (trivy or grype), or does not; the default is to look
  --registry REGISTRY  host[:port][/folder] to push to
  --push               pushes, pulls back by digest and compares
  --sign               signs with the key in the file $STREAMSPACE_SIGNING_KEY_FILE, and verifies
  -h, --help           this text

Exit codes: 0 done; 1 a build, a check or the policy failed; 69 something needed is not there;
78 the command line or a file of the build is wrong; 130 interrupted.
docs/images-build.md has the rest.
`;

const flags = {
  registry: { type: "string" },
  name: { type: "string", multiple: true },
  version: { type: "string" },
  platforms: { type: "string" },
  push: { type: "boolean" },
  "no-cache": { type: "boolean" },
  "no-scan": { type: "boolean" },
  scan: { type: "boolean" },
  sign: { type: "boolean" },
  sbom: { type: "boolean" },
  minimal: { type: "boolean" },
  all: { type: "boolean" },
  changed: { type: "string" },
  engine: { type: "string" },
  "dry-run": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

/**
 * Reads the command line.
 * @throws BuildFailure `usage`, one sentence about the first thing that is wrong.
 */
export function parseOptions(args: readonly string[]): BuildOptions {
  const values = readFlags(args);
  const registry = values.registry;
  const options: BuildOptions = {
    registry: registry === undefined ? undefined : registryOf(registry),
    names: values.name ?? [],
    version: values.version === undefined ? undefined : tagOf(values.version),
    platforms: platformsOf(values.platforms),
    push: values.push ?? false,
    noCache: values["no-cache"] ?? false,
    scan: !(values["no-scan"] ?? false),
    sign: values.sign ?? false,
    sbom: values.sbom ?? false,
    minimal: values.minimal ?? false,
    all: values.all ?? false,
    changedSince: values.changed,
    engine: values.engine === undefined ? undefined : engineOf(values.engine),
    dryRun: values["dry-run"] ?? false,
    help: values.help ?? false,
  };
  if (!options.help) refuseContradictions(options, values.scan ?? false);
  return options;
}

/** What `parseArgs` returns where it checks. */
type FlagValues = ReturnType<
  typeof parseArgs<{ options: typeof flags; strict: true }>
>["values"];

function readFlags(args: readonly string[]): FlagValues {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: flags,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw usageError(
        `unexpected argument "${token.value}"; an image is chosen with --name ${token.value}`,
      );
    }
    if (token.kind !== "option") continue;
    if (!Object.hasOwn(flags, token.name)) {
      throw usageError(`unknown option ${token.rawName}; see --help`);
    }
    const { type } = flags[token.name as keyof typeof flags];
    if (type === "string" && (token.value ?? "") === "") {
      throw usageError(`the option ${token.rawName} needs a value`);
    }
    // `--push --sign` must not become the value of the option before it.
    if (type === "string" && !token.inlineValue && token.value?.[0] === "-") {
      throw usageError(
        `the option ${token.rawName} needs a value, not ${token.value}`,
      );
    }
    if (type === "boolean" && token.value !== undefined) {
      throw usageError(`the option ${token.rawName} takes no value`);
    }
  }
  // Checked above: every value has the type that its flag says, which `strict: false` forgets.
  return values as FlagValues;
}

function refuseContradictions(options: BuildOptions, scan: boolean): void {
  const chosen = [
    options.all ? "--all" : "",
    options.changedSince === undefined ? "" : "--changed",
    options.names.length === 0 ? "" : "--name",
  ].filter((flag) => flag !== "");
  if (chosen.length > 1) {
    throw usageError(`${chosen.join(" and ")} cannot be combined`);
  }
  if (scan && !options.scan) {
    throw usageError("--scan and --no-scan cannot be combined");
  }
  if (options.push && options.registry === undefined) {
    throw usageError("--push needs --registry");
  }
  if (options.sign && !options.push) {
    throw usageError("--sign needs --push: a signature lies in the registry");
  }
}

/** Docker's rule: up to 128 letters, digits, `_`, `.`, `-`, not beginning with `.` or `-`. */
function tagOf(text: string): string {
  if (!/^\w[\w.-]{0,119}$/.test(text)) {
    throw usageError(`the version "${text}" cannot be a tag of an image`);
  }
  return text;
}

function registryOf(text: string): string {
  const host =
    /^(\[[\da-f:]+\]|[a-z\d]([a-z\d.-]*[a-z\d])?)(:\d{1,5})?(\/[a-z\d]+([._-]+[a-z\d]+)*)*$/;
  if (!host.test(text)) {
    throw usageError(
      `"${text}" is not a registry; it is written host[:port][/folder], in small letters and without https://`,
    );
  }
  return text;
}

function engineOf(text: string): EngineName {
  const found = engineNames.find((name) => name === text);
  if (found === undefined) {
    throw usageError(
      `there is no engine "${text}"; there are ${engineNames.join(", ")}`,
    );
  }
  return found;
}

function platformsOf(text: string | undefined): Architecture[] {
  if (text === undefined) return [];
  const found = text.split(",").map((platform) => {
    const architecture = architectures.find(
      (name) => `linux/${name}` === platform.trim(),
    );
    if (architecture === undefined) {
      throw usageError(
        `images are not built for "${platform.trim()}"; there are ${architectures.map((name) => `linux/${name}`).join(", ")}`,
      );
    }
    return architecture;
  });
  return [...new Set(found)];
}

function usageError(message: string): BuildFailure {
  return new BuildFailure("usage", message);
}
