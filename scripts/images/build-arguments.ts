/**
 * Arguments of a Dockerfile whose values come from environment variables of the same name: those that an image
 * cannot be built without, `ARG NAME=""`, as for packages that may not be redistributed; and those that it can,
 * `ARG NAME`. Pure.
 */
import type { Image } from "./catalogue.ts";
import { BuildFailure } from "./failure.ts";
import type { PlannedImage } from "./plan.ts";

/** The arguments that a Dockerfile declares as empty. */
export function requiredArguments(dockerfile: string): string[] {
  return [...dockerfile.matchAll(/^\s*ARG\s+(\w+)=(?:""|'')?\s*$/gm)].map(
    ([, name]) => name ?? "",
  );
}

/** Given by the build itself, or by the engine. */
const givenByBuild =
  /^(RUNTIME_IMAGE|(TARGET|BUILD)(ARCH|OS|PLATFORM|VARIANT))$/;

/** The arguments that a Dockerfile declares without any value. */
function optionalArguments(dockerfile: string): string[] {
  return [...dockerfile.matchAll(/^[ \t]*ARG[ \t]+(\w+)[ \t]*$/gm)]
    .map(([, name]) => name ?? "")
    .filter((name) => !givenByBuild.test(name));
}

/** Values that the environment has for an image's arguments; required ones that it lacks are in `missing`. */
export function findArguments(
  dockerfile: string,
  environment: NodeJS.ProcessEnv,
): { values: Record<string, string>; missing: string[] } {
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const name of requiredArguments(dockerfile)) {
    const value = environment[name];
    if (value === undefined || value === "") missing.push(name);
    else values[name] = value;
  }
  for (const name of optionalArguments(dockerfile)) {
    const value = environment[name];
    if (value !== undefined && value !== "") values[name] = value;
  }
  return { values, missing };
}

/**
 * The plan without images that lack an argument, without what is built on those, and without bases that were only for them.
 * @param missingOf the arguments that an image lacks.
 * @param isNamed whether images were asked for by name: then one that cannot be built is a failure.
 * @param onLeftOut is told a sentence about each image that is left out.
 * @throws BuildFailure `unavailable`
 */
export function withoutUnbuildable(
  planned: readonly PlannedImage[],
  missingOf: (image: Image) => readonly string[],
  isNamed: boolean,
  onLeftOut: (sentence: string) => void,
): PlannedImage[] {
  const leftOut = new Set<string>();
  const buildable = planned.filter(({ image }) => {
    const missing = missingOf(image);
    const base = image.dependsOn.find((name) => leftOut.has(name));
    if (missing.length === 0 && base === undefined) return true;
    leftOut.add(image.name);
    const why =
      base === undefined
        ? `${image.name} needs ${missing.join(" and ")} in the environment, see images/${image.name}/README.md`
        : `${image.name} is built on ${base}`;
    if (isNamed) throw new BuildFailure("unavailable", why);
    onLeftOut(`left out: ${why}`);
    return false;
  });
  return needed(buildable);
}

/** What is wanted, and what that is built on; each image comes after its bases. */
function needed(planned: readonly PlannedImage[]): PlannedImage[] {
  const names = new Set<string>();
  for (const { image, isWanted } of planned.toReversed()) {
    if (!isWanted && !names.has(image.name)) continue;
    for (const name of [image.name, ...image.dependsOn]) names.add(name);
  }
  return planned.filter(({ image }) => names.has(image.name));
}
