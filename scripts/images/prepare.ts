/**
 * Everything that is decided before anything is done.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildRequest } from "./build-image.ts";
import { findArguments, withoutUnbuildable } from "./build-arguments.ts";
import { readCatalogue, type Image } from "./catalogue.ts";
import { describeCommand } from "./command.ts";
import {
  buildCommand,
  chooseEngine,
  readHostFacts,
  type HostFacts,
} from "./engine.ts";
import { baseImageOf } from "./environment.ts";
import { BuildFailure } from "./failure.ts";
import { Git, type SourceState } from "./git.ts";
import { destinationOf, referenceOf, type Destination } from "./naming.ts";
import type { Architecture, BuildOptions, EngineName } from "./options.ts";
import { planBuild, type PlannedImage } from "./plan.ts";
import { checkNames, parsePolicy, type Policy } from "./policy-file.ts";

/** The world outside. */
export interface BuildHost {
  /** The repository. */
  root: string;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Progress, for people. */
  say: (line: string) => void;
  /** The result, for people. */
  print: (text: string) => void;
}

/** What is decided before anything is done. */
export interface Preparation {
  options: BuildOptions;
  planned: readonly PlannedImage[];
  /** Whether an image lacks what it is built from. */
  isIncomplete: boolean;
  architectures: readonly Architecture[];
  engine: EngineName;
  machine: HostFacts;
  policy: Policy;
  source: SourceState;
  destination: Destination;
  /** Arguments of an image's own, from the environment. */
  argumentsOf: (image: Image) => Record<string, string>;
}

/** Reads repository, catalogue and policy, and looks for the engine. @throws BuildFailure */
export async function prepare(
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
  const selection = { names, all, minimal, changedFiles };
  const dockerfiles = new Map<string, string>();
  const plannedAtFirst = planBuild(images, selection);
  for (const { image } of plannedAtFirst) {
    dockerfiles.set(
      image.name,
      await readRequired(host.root, image.dockerfile),
    );
  }
  const find = (image: Image) =>
    findArguments(dockerfiles.get(image.name) ?? "", host.environment);
  const planned = withoutUnbuildable(
    plannedAtFirst,
    (image) => find(image).missing,
    names.length > 0,
    host.say,
  );
  const policyFile = join("images", "policy.yaml");
  const policy = parsePolicy(
    await readRequired(host.root, policyFile),
    policyFile,
  );
  const known = images.map(({ name }) => name);
  checkNames(policy, known, policyFile);
  const engine = chooseEngine(options.engine, host.environment["PATH"]);
  const machine = readHostFacts();
  const version = options.version ?? source.version;
  return {
    options,
    planned,
    isIncomplete: planned.length < plannedAtFirst.length,
    architectures:
      options.platforms.length === 0
        ? [machine.architecture]
        : options.platforms,
    engine,
    machine,
    policy,
    source,
    argumentsOf: (image) => find(image).values,
    destination: destinationOf(options.registry, version, minimal),
  };
}

/** @throws BuildFailure `usage` where the file of the repository cannot be read. */
export async function readRequired(
  root: string,
  file: string,
): Promise<string> {
  return await readFile(join(root, file), "utf8").catch((error: unknown) => {
    throw new BuildFailure("usage", `the file ${file} cannot be read`, {
      cause: error,
    });
  });
}

/** What a build would do, a line and a command for each image. */
export function describePlan(prepared: Preparation, host: BuildHost): string {
  const { options, engine, machine, destination, architectures } = prepared;
  const context = {
    root: host.root,
    engine,
    host: machine,
    minimal: options.minimal,
    noCache: options.noCache,
    baseImage: baseImageOf(host.environment),
    argumentsOf: prepared.argumentsOf,
  };
  return prepared.planned
    .flatMap(({ image, isWanted }) =>
      architectures.flatMap((architecture) => [
        isWanted
          ? `${image.name} ${architecture}: ${referenceOf(destination, image.name)}${options.push ? ", would be pushed" : ""}`
          : `${image.name} ${architecture}: only because others are built on it`,
        `  ${describeCommand(buildCommand(engine, buildRequest(context, image, architecture), machine))}`,
      ]),
    )
    .join("\n");
}
