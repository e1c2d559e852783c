/**
 * Names and labels of images. Pure.
 */
import type { Image } from "./catalogue.ts";
import type { Architecture } from "./options.ts";

/** Where images go. */
export interface Destination {
  /** `host[:port]`; `localhost` for images that stay on the machine. */
  host: string;
  folder: string;
  /** The tag. */
  tag: string;
}

/** The folder of images where `--registry` names none. */
const defaultFolder = "streamspace";

/** @param registry `host[:port][/folder]` */
export function destinationOf(
  registry: string | undefined,
  version: string,
  minimal: boolean,
): Destination {
  const [host = "", ...folders] = (registry ?? "localhost").split("/");
  return {
    host,
    folder: folders.length === 0 ? defaultFolder : folders.join("/"),
    tag: minimal ? `${version}-minimal` : version,
  };
}

/** The repository of an image in its registry. */
export function repositoryOf({ folder }: Destination, name: string): string {
  return `${folder}/${name}`;
}

/** The name a person pulls. */
export function referenceOf(destination: Destination, name: string): string {
  return `${destination.host}/${repositoryOf(destination, name)}:${destination.tag}`;
}

/** The minimal runtime, which is the same image with `--minimal` and without. */
export const minimalRuntime = "runtime-minimal";

/** An image's name that tells what stands on the minimal runtime from what stands on the full one. */
export function variantOf(name: string, minimal: boolean): string {
  return minimal && name !== minimalRuntime ? `${name}-minimal` : name;
}

/** Where the files of a build go, in the repository: those of `--minimal` beside the others, as a release makes both. */
export function outputFolder(minimal: boolean): string {
  return minimal ? "dist/images/minimal" : "dist/images";
}

/**
 * The name under which the engine keeps an image while others are built on it. It carries no version: it is
 * part of the history of those images, and a new commit that changes nothing must not build them anew.
 */
export function stagingName(
  name: string,
  architecture: Architecture,
  minimal: boolean,
): string {
  return `localhost/streamspace-staging/${variantOf(name, minimal)}:${architecture}`;
}

/** What the labels say beside what the Dockerfile says. */
export interface LabelFacts {
  version: string;
  revision: string;
  /** RFC 3339. */
  created: string;
  /** Address of the repository; where absent, the Dockerfile's stays. */
  source: string | undefined;
}

/** What the Dockerfile says of licences stays: it knows what it puts in. https://github.com/opencontainers/image-spec/blob/main/annotations.md */
export function labelsOf(image: Image, facts: LabelFacts) {
  const prefix = "org.opencontainers.image.";
  return {
    [`${prefix}title`]: image.title,
    ...(image.description === ""
      ? {}
      : { [`${prefix}description`]: image.description }),
    [`${prefix}version`]: facts.version,
    [`${prefix}revision`]: facts.revision,
    [`${prefix}created`]: facts.created,
    [`${prefix}vendor`]: "StreamSpace",
    ...(facts.source === undefined
      ? {}
      : { [`${prefix}source`]: facts.source }),
  };
}
