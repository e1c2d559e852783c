/**
 * The command lines of the three engines. Pure, but for {@link chooseEngine} and {@link readHostFacts}.
 */
import { existsSync } from "node:fs";
import { findProgram } from "../../agent/base/programs.ts";
import type { Command } from "./command.ts";
import { BuildFailure } from "./failure.ts";
import { engineNames, type Architecture, type EngineName } from "./options.ts";

/** What differs from machine to machine. */
export interface HostFacts {
  /** The machine's own architecture. */
  architecture: Architecture;
  /**
   * Builds run with chroot for isolation and the network of the machine: in a container of our own, where
   * neither cgroups nor bridges can be made.
   */
  isNested: boolean;
  /** Certificates of the machine, handed to the build as a secret; absent where there are none. */
  certificates: string | undefined;
}

/** One build of one image for one platform. */
export interface BuildRequest {
  dockerfile: string;
  target: string | undefined;
  /** The name under which the engine keeps the result; not the name that is published. */
  stagingName: string;
  architecture: Architecture;
  buildArgs: Readonly<Record<string, string>>;
  noCache: boolean;
  /** Seconds since 1970 that files and layers carry. */
  epoch: number;
}

/** The order in which engines are looked for: those that need no daemon first. */
const preference: readonly EngineName[] = ["buildah", "podman", "docker"];

/**
 * The engine to build with.
 * @throws BuildFailure `unavailable` where it, or skopeo beside it, is not installed.
 */
export function chooseEngine(
  wanted: EngineName | undefined,
  path?: string,
): EngineName {
  const found =
    wanted ?? preference.find((name) => findProgram(name, path) !== undefined);
  if (found === undefined) {
    throw new BuildFailure(
      "unavailable",
      `none of ${engineNames.join(", ")} is installed; on Debian: apt-get install buildah skopeo`,
    );
  }
  if (findProgram(found, path) === undefined) {
    throw new BuildFailure(
      "unavailable",
      `the engine ${found} is not installed; install it or choose another with --engine`,
    );
  }
  if (findProgram("skopeo", path) === undefined) {
    throw new BuildFailure(
      "unavailable",
      "skopeo, which takes images out of the engine, is not installed; on Debian: apt-get install skopeo",
    );
  }
  return found;
}

/** Looks at the machine. */
export function readHostFacts(): HostFacts {
  const certificates = "/etc/ssl/certs/ca-certificates.crt";
  return {
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    isNested: process.getuid?.() === 0 && !existsSync("/run/systemd/system"),
    certificates: existsSync(certificates) ? certificates : undefined,
  };
}

/** Asks whether the engine works at all; its output is of no interest. */
export function probeCommand(engine: EngineName): Command {
  return { file: engine, args: ["info"] };
}

/** Builds `request` from the working directory, which is the repository. */
export function buildCommand(
  engine: EngineName,
  request: BuildRequest,
  host: HostFacts,
): Command {
  const { dockerfile, target, stagingName, architecture, noCache } = request;
  const common = [
    ...["--file", dockerfile, "--platform", `linux/${architecture}`],
    ...(target === undefined ? [] : ["--target", target]),
    ...Object.entries(request.buildArgs).flatMap(([name, value]) => [
      "--build-arg",
      `${name}=${value}`,
    ]),
    ...["--build-arg", `SOURCE_DATE_EPOCH=${request.epoch}`],
    ...(host.certificates === undefined
      ? []
      : ["--secret", `id=ca,src=${host.certificates}`]),
    ...(noCache ? ["--no-cache"] : []),
  ];
  if (engine === "docker") {
    return {
      file: "docker",
      args: [
        ...["buildx", "build", ...common],
        // An attestation would make an index of a single image.
        ...["--provenance=false", "--sbom=false", "--progress=plain"],
        ...[
          "--output",
          `type=docker,name=${stagingName},rewrite-timestamp=true`,
        ],
        ".",
      ],
      env: { SOURCE_DATE_EPOCH: String(request.epoch) },
    };
  }
  return {
    file: engine,
    args: [
      ...[engine === "buildah" ? "bud" : "build", ...common],
      // OCI's format has no HEALTHCHECK.
      ...["--format", "docker", "--layers", "--pull=false"],
      ...["--timestamp", String(request.epoch), "--tag", stagingName],
      ...(host.isNested ? ["--isolation", "chroot", "--network", "host"] : []),
      ".",
    ],
  };
}

/** Skopeo's name of the place where the engine keeps images. */
function storeOf(engine: EngineName): string {
  return engine === "docker" ? "docker-daemon" : "containers-storage";
}

/** Prints the configuration of an image that the engine has. */
export function configCommand(engine: EngineName, name: string): Command {
  return {
    file: "skopeo",
    args: ["inspect", "--config", "--raw", `${storeOf(engine)}:${name}`],
  };
}

/** Writes an image into `folder`: manifest.json, and each blob under the digits of its digest. */
export function exportCommand(
  engine: EngineName,
  name: string,
  folder: string,
): Command {
  return {
    file: "skopeo",
    args: ["copy", "--quiet", `${storeOf(engine)}:${name}`, `dir:${folder}`],
  };
}

/** Takes an image from `folder`, as {@link exportCommand} writes it, into the engine under `name`. */
export function importCommand(
  engine: EngineName,
  folder: string,
  name: string,
): Command {
  return {
    file: "skopeo",
    args: ["copy", "--quiet", `dir:${folder}`, `${storeOf(engine)}:${name}`],
  };
}
