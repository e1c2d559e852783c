/**
 * What was built and checked goes out: by digest into the registry, then every tag, then the summary.
 */
import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { tagLocally, type BuildContext } from "./build-image.ts";
import type { CheckedImage } from "./check.ts";
import { writeWhole } from "./layer-store.ts";
import {
  outputFolder,
  referenceOf,
  repositoryOf,
  type Destination,
} from "./naming.ts";
import type { BuildHost, Preparation } from "./prepare.ts";
import { Publisher, type PublishedImage } from "./publish.ts";
import { Registry } from "./registry.ts";
import { setTags, type TagToSet } from "./set-tags.ts";
import { formatSummary, megabytes, type SummaryRow } from "./summary.ts";

export interface Publication {
  images: readonly CheckedImage[];
  key: KeyObject | undefined;
  registry: Registry | undefined;
}

/** Pushes by digest, then sets every tag: in the registry, then in the engine. */
export async function publishAll(
  prepared: Preparation,
  context: BuildContext,
  host: BuildHost,
  { images, key, registry }: Publication,
): Promise<void> {
  const { options, destination } = prepared;
  const tags: TagToSet[] = [];
  let published: PublishedImage[] = [];
  if (registry !== undefined) {
    const { store } = context;
    const { sbom } = options;
    const publisher = new Publisher({ registry, store, sbom, key });
    published = await pushAll(publisher, destination, host, images);
    tags.push(...registryTags(published, destination));
  }
  tags.push(...engineTags(images, prepared, context));
  await setTags(tags, host.signal, () => {
    host.say("the tags are being set, and all of them: this ends in a moment");
  });
  const rows = images.map((built): SummaryRow => {
    const repository = repositoryOf(destination, built.image.name);
    const top = published.find((each) => each.repository === repository);
    return {
      ...rowOf(built),
      listDigest: top?.digest === built.digest ? undefined : top?.digest,
      signature: key === undefined ? "-" : "verified",
    };
  });
  await report(prepared, host, rows);
}

/** Pushes every image by digest, and says how much that was. */
async function pushAll(
  publisher: Publisher,
  destination: Destination,
  host: BuildHost,
  images: readonly CheckedImage[],
): Promise<PublishedImage[]> {
  const names = [...new Set(images.map(({ image }) => image.name))];
  const published: PublishedImage[] = [];
  for (const name of names) {
    const repository = repositoryOf(destination, name);
    host.say(`${name}: pushing to ${destination.host}/${repository}`);
    const platforms = images.filter(({ image }) => image.name === name);
    published.push(await publisher.publish(repository, platforms));
  }
  const { uploaded, mounted, present } = publisher.traffic;
  host.say(
    `layers pushed: ${megabytes(uploaded)} uploaded, ${megabytes(mounted)} shared with another image, ${megabytes(present)} were there`,
  );
  return published;
}

/** The signal of what is not interrupted. */
const never = new AbortController().signal;

function registryTags(
  published: readonly PublishedImage[],
  { host, tag }: Destination,
): TagToSet[] {
  // Its own, as that of the push ends with the signal. Each request has its deadline.
  const registry = new Registry(host, never);
  return published.map(({ repository, mediaType, content }) => ({
    reference: `${host}/${repository}:${tag} in the registry`,
    set: () => registry.putManifest(repository, tag, mediaType, content),
  }));
}

function engineTags(
  images: readonly CheckedImage[],
  { destination, machine, engine }: Preparation,
  context: BuildContext,
): TagToSet[] {
  return images.map((built) => {
    const name = referenceOf(destination, built.image.name);
    const isForeign = built.architecture !== machine.architecture;
    const reference = isForeign ? `${name}-${built.architecture}` : name;
    return {
      reference: `${reference} in ${engine}`,
      set: () => tagLocally({ ...context, signal: never }, built, reference),
    };
  });
}

function rowOf(
  built: CheckedImage,
): Omit<SummaryRow, "listDigest" | "signature"> {
  return {
    name: built.image.name,
    architecture: built.architecture,
    layers: built.layers.map(({ blob, uncompressedSize }) => ({
      digest: blob.digest,
      size: blob.size,
      uncompressedSize,
    })),
    timeMs: Math.round(built.timeMs),
    digest: built.digest,
    scan: built.scan,
  };
}

async function report(
  { destination, options }: Preparation,
  host: BuildHost,
  rows: readonly SummaryRow[],
): Promise<void> {
  const folder = outputFolder(options.minimal);
  const withNames = rows.map((row) => ({
    ...row,
    reference: referenceOf(destination, row.name),
  }));
  const file = join(host.root, folder, "summary.json");
  await writeWhole(file, `${JSON.stringify(withNames, undefined, 2)}\n`);
  host.print(formatSummary(rows));
}
