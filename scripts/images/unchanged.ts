/**
 * Leaves out the engine where nothing that an image is built from has changed since it was built: an engine that finds
 * every layer in its cache still reads all files of every stage to see that, seconds for each image.
 */
import { createHash } from "node:crypto";
import { lstat, mkdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { buildRequest, buildStage, type BuildContext } from "./build-image.ts";
import { digestOf } from "./canonical.ts";
import type { Image } from "./catalogue.ts";
import { run } from "./command.ts";
import { buildCommand, configCommand } from "./engine.ts";
import { writeWhole } from "./layer-store.ts";
import { stagingName, variantOf } from "./naming.ts";
import type { Architecture } from "./options.ts";
import { isInputOf } from "./plan.ts";

/** Is part of every key: what another version of this program built does not count. */
const format = "1";
const askTimeoutMs = 60_000;

/** What {@link buildWhereChanged} needs beside the context of the build. */
export interface Inputs {
  /** Where it is remembered what was built from what. */
  folder: string;
  /** Every file of the repository that a build can see. */
  files: readonly string[];
  /** Images that are not of this project, which runtimes are built on. */
  bases: readonly string[];
}

/**
 * Has the engine build an image under its staging name, unless it has it already.
 * @returns whether it was built.
 * @throws BuildFailure
 */
export async function buildWhereChanged(
  context: BuildContext,
  inputs: Inputs,
  build: { image: Image; architecture: Architecture; logFile: string },
): Promise<boolean> {
  const { image, architecture, logFile } = build;
  const name = stagingName(image.name, architecture, context.minimal);
  const file = join(
    inputs.folder,
    `${variantOf(image.name, context.minimal)}-${architecture}.json`,
  );
  const state = async (): Promise<string> =>
    JSON.stringify({
      format,
      builtFrom: await keyOf(context, inputs, image, architecture),
      is: await configDigest(context, name),
    });
  const known = await readFile(file, "utf8").catch(() => undefined);
  if (!context.noCache && known !== undefined && known === (await state()))
    return false;
  await buildStage(context, image, architecture, logFile);
  await mkdir(inputs.folder, { recursive: true });
  await writeWhole(file, await state());
  return true;
}

/** Names everything that goes into a build: the command, the base, and the content of every file. */
async function keyOf(
  context: BuildContext,
  { files, bases }: Inputs,
  image: Image,
  architecture: Architecture,
): Promise<string> {
  const request = buildRequest(context, image, architecture);
  const [base] = image.dependsOn;
  const standsOn =
    base === undefined
      ? bases
      : [stagingName(base, architecture, context.minimal)];
  const hash = createHash("sha256");
  hash.update(
    JSON.stringify([
      buildCommand(context.engine, request, context.host),
      await Promise.all(standsOn.map((each) => configDigest(context, each))),
    ]),
  );
  for (const path of files.filter((each) => isInputOf(image, each)).sort()) {
    hash.update(`\0${path}\0${await contentOf(join(context.root, path))}`);
  }
  return hash.digest("hex");
}

/** Type, mode and content; a file that was deleted has none. */
async function contentOf(path: string): Promise<string> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return "absent";
  const content = found.isSymbolicLink()
    ? Buffer.from(await readlink(path))
    : await readFile(path);
  return `${found.mode} ${digestOf(content)}`;
}

/** Names an image that the engine has; empty where it has none of that name. */
async function configDigest(
  { engine, signal }: BuildContext,
  name: string,
): Promise<string> {
  if (name === "scratch") return "";
  const options = {
    what: `asking ${engine} for ${name}`,
    timeoutMs: askTimeoutMs,
    signal,
  };
  const text = await run(configCommand(engine, name), options).catch(
    (error: unknown) => {
      if (signal.aborted) throw error;
      return ""; // Not built yet.
    },
  );
  return text === "" ? "" : digestOf(Buffer.from(text));
}
