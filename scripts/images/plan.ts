/**
 * Which images are built, and in which order. Pure.
 */
import { nearestOf } from "../../agent/config/edit-distance.ts";
import type { Image } from "./catalogue.ts";
import { BuildFailure } from "./failure.ts";
import { minimalRuntime } from "./naming.ts";

/** An image of the plan. */
export interface PlannedImage {
  image: Image;
  /** Asked for, or only the base of something that is. */
  isWanted: boolean;
}

export interface Selection {
  names: readonly string[];
  all: boolean;
  minimal: boolean;
  /** Paths in the repository that changed; `undefined` where that is not the question. */
  changedFiles: readonly string[] | undefined;
}

/** What both runtimes are built from, beside the files of `images/runtime/`. */
const runtimeSources = [
  /^(agent|encoders|signaling|client)\//,
  /^images\/runtime\//,
  /^(Dockerfile|\.dockerignore|\.npmrc|package\.json|package-lock\.json|LICENSE)$/,
  /^tsconfig(\.[a-z]+)?\.json$/,
  /^vite(\.[a-z]+)?\.config\.ts$/,
  /^scripts\/(setup\.sh|build-agent\.ts)$/,
];

/**
 * The images to build, each after what it is built on.
 * @throws BuildFailure `usage` for a name that is no image, and for images that depend on themselves.
 */
export function planBuild(
  images: readonly Image[],
  selection: Selection,
): PlannedImage[] {
  const known = selection.minimal ? onMinimal(images) : images;
  const wanted = wantedNames(known, selection);
  return inOrder(known, wanted).map((image) => ({
    image,
    isWanted: wanted.includes(image.name),
  }));
}

/**
 * Whether a file of the repository can go into an image, by its own Dockerfile: more is said to than does, as one
 * build too many costs seconds and one too few a wrong image.
 */
export function isInputOf({ dockerfile }: Image, file: string): boolean {
  return dockerfile === "Dockerfile"
    ? runtimeSources.some((pattern) => pattern.test(file))
    : file.startsWith("images/") ||
        file === ".dockerignore" ||
        file === "scripts/setup.sh";
}

/** The same images on the minimal runtime; the full one is none of them. */
function onMinimal(images: readonly Image[]): Image[] {
  return images
    .filter(({ name }) => name !== "runtime")
    .map((image) => ({
      ...image,
      dependsOn: image.dependsOn.map(minimalNameOf),
    }));
}

function minimalNameOf(name: string): string {
  return name === "runtime" ? minimalRuntime : name;
}

function wantedNames(
  images: readonly Image[],
  { names, all, minimal, changedFiles }: Selection,
): string[] {
  const everything = images.map(({ name }) => name);
  if (all) return everything;
  if (changedFiles !== undefined) {
    const changed = changedImages(images, changedFiles);
    return everything.filter((name) => changed.has(name));
  }
  const asked = names.length === 0 ? ["runtime"] : names;
  const wanted = minimal ? asked.map(minimalNameOf) : asked;
  for (const name of wanted) {
    if (images.some((image) => image.name === name)) continue;
    throw new BuildFailure("usage", noSuchImage(name, everything));
  }
  return [...new Set(wanted)];
}

/** One sentence about a name that is none of `names`, and which of them may have been meant. */
export function noSuchImage(name: string, names: readonly string[]): string {
  const guess = nearestOf(name, names);
  return guess === undefined || guess.distance > 2
    ? `there is no image "${name}"; there are ${names.join(", ")}`
    : `there is no image "${name}"; did you mean ${guess.name}?`;
}

/** The images that a change of `files` touches: by their own files, or by what they are built on. */
export function changedImages(
  images: readonly Image[],
  files: readonly string[],
): Set<string> {
  const changed = new Set<string>();
  const isRuntimeChanged = files.some((file) =>
    runtimeSources.some((pattern) => pattern.test(file)),
  );
  for (const { name, dockerfile } of images) {
    const isTouched = files.some((file) => file.startsWith(`images/${name}/`));
    if (isTouched || (dockerfile === "Dockerfile" && isRuntimeChanged)) {
      changed.add(name);
    }
  }
  // A title of the catalogue is a label of the image.
  if (files.includes("images/catalogue.json")) {
    for (const { name } of images) changed.add(name);
  }
  let before: number;
  do {
    before = changed.size;
    for (const { name, dependsOn } of images) {
      if (dependsOn.some((base) => changed.has(base))) changed.add(name);
    }
  } while (changed.size !== before);
  return changed;
}

function inOrder(images: readonly Image[], wanted: readonly string[]): Image[] {
  const byName = new Map(images.map((image) => [image.name, image]));
  const ordered: Image[] = [];
  const visit = (name: string, way: readonly string[]): void => {
    if (ordered.some((image) => image.name === name)) return;
    const path = [...way, name];
    if (way.includes(name)) {
      throw new BuildFailure(
        "usage",
        `images depend on themselves: ${path.join(" → ")}`,
      );
    }
    const image = byName.get(name);
    if (image === undefined) {
      throw new BuildFailure(
        "usage",
        `${way.at(-1) ?? "the catalogue"} depends on "${name}", which is no image`,
      );
    }
    for (const base of image.dependsOn) visit(base, path);
    ordered.push(image);
  };
  for (const name of wanted) visit(name, []);
  return ordered;
}
