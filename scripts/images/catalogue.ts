/**
 * What images there are: the runtimes of the repository's Dockerfile, and those of `images/catalogue.json`.
 */
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { messageOf } from "../../agent/base/errors.ts";
import { BuildFailure } from "./failure.ts";
import { nameProblem } from "./image-name.ts";

/** An image as the build sees it. */
export interface Image {
  name: string;
  title: string;
  description: string;
  /** Path in the repository. */
  dockerfile: string;
  /** The stage of the Dockerfile; the last one where absent. */
  target: string | undefined;
  /** Images of this project that must be built before; the first one is its base. */
  dependsOn: readonly string[];
}

const entrySchema = v.looseObject({
  name: v.pipe(
    v.string(),
    v.check(
      (name) => nameProblem(name) === undefined,
      ({ input }) => `"${input}": ${nameProblem(input) ?? ""}`,
    ),
  ),
  title: v.pipe(v.string(), v.minLength(1)),
  description: v.optional(v.string(), ""),
  dependsOn: v.optional(v.array(v.string()), ["runtime"]),
});
const catalogueSchema = v.looseObject({ images: v.array(entrySchema) });

/** The runtimes, which have no folder with a Dockerfile of their own. */
export const runtimes: readonly Image[] = [
  {
    name: "runtime",
    title: "StreamSpace runtime",
    description:
      "A desktop session in a browser: the agent and all that session images start from",
    dockerfile: "Dockerfile",
    target: "runtime",
    dependsOn: [],
  },
  {
    name: "runtime-minimal",
    title: "StreamSpace runtime, minimal",
    description:
      "A desktop session in a browser: the agent, an X server and software encoders",
    dockerfile: "Dockerfile",
    target: "runtime-minimal",
    dependsOn: [],
  },
];

/**
 * The images of a catalogue, the runtimes first.
 * @throws BuildFailure `usage` where the text is not a catalogue.
 */
export function parseCatalogue(text: string, file: string): Image[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new BuildFailure("usage", `${file} is no JSON: ${messageOf(error)}`);
  }
  // A list alone is one too.
  const object = Array.isArray(json) ? { images: json as unknown[] } : json;
  const result = v.safeParse(catalogueSchema, object);
  if (!result.success) {
    const [issue] = result.issues;
    const where = v.getDotPath(issue) ?? "the file";
    throw new BuildFailure("usage", `${file}: ${where}: ${issue.message}`);
  }
  const entries = result.output.images;
  if (entries.length === 0) {
    throw new BuildFailure("usage", `${file} has no images`);
  }
  const images = [...runtimes];
  for (const entry of entries) {
    if (images.some(({ name }) => name === entry.name)) {
      throw new BuildFailure("usage", `${file} has ${entry.name} twice`);
    }
    images.push({
      name: entry.name,
      title: entry.title,
      description: entry.description,
      dockerfile: `images/${entry.name}/Dockerfile`,
      target: undefined,
      dependsOn: entry.dependsOn.length === 0 ? ["runtime"] : entry.dependsOn,
    });
  }
  return images;
}

/** Reads a catalogue. @throws BuildFailure `usage` */
export function readCatalogue(file: string): Image[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const why = `the catalogue cannot be read: ${messageOf(cause)}`;
    throw new BuildFailure("usage", why, { cause });
  }
  return parseCatalogue(text, file);
}
