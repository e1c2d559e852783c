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

/**
 * The name under which the engine keeps an image while others are built on it. It carries no version: it is
 * part of the history of those images, and a new commit that changes nothing must not build them anew.
 */
export function stagingName(
  name: string,
  architecture: Architecture,
  minimal: boolean,
): string {
  const base = minimal && name !== "runtime-minimal" ? "-minimal" : "";
  return `localhost/streamspace-staging/${name}${base}:${architecture}`;
}

/** What the labels say beside what the Dockerfile says. */
export interface LabelFacts {
  version: string;
  revision: string;
  /** RFC 3339. */
  created: string;
}

/** https://github.com/opencontainers/image-spec/blob/main/annotations.md */
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
    [`${prefix}licenses`]: "Apache-2.0",
  };
}
