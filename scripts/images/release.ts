/**
 * What was built and checked goes out: by digest into the registry, then every tag, then the summary.
 */
import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { tagLocally, type BuildContext } from "./build-image.ts";
import type { CheckedImage } from "./check.ts";
import { writeWhole } from "./layer-store.ts";
import { outputFolder, referenceOf, repositoryOf } from "./naming.ts";
import type { BuildHost, Preparation } from "./prepare.ts";
import { Publisher, type PublishedImage } from "./publish.ts";
import type { Registry } from "./registry.ts";
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
  const { destination, options, machine } = prepared;
  const names = [...new Set(images.map(({ image }) => image.name))];
  if (registry !== undefined) {
    const publisher = new Publisher({
      registry,
      store: context.store,
      sbom: options.sbom,
      key,
    });
    const published: PublishedImage[] = [];
    for (const name of names) {
      const repository = repositoryOf(destination, name);
      host.say(`${name}: pushing to ${destination.host}/${repository}`);
      const platforms = images.filter(({ image }) => image.name === name);
      published.push(await publisher.publish(repository, platforms));
    }
    for (const each of published) await publisher.tag(each, destination.tag);
    const { uploaded, mounted, present } = publisher.traffic;
    host.say(
      `layers pushed: ${megabytes(uploaded)} uploaded, ${megabytes(mounted)} shared with another image, ${megabytes(present)} were there`,
    );
  }
  for (const built of images) {
    const reference = referenceOf(destination, built.image.name);
    const isForeign = built.architecture !== machine.architecture;
    await tagLocally(
      context,
      built,
      isForeign ? `${reference}-${built.architecture}` : reference,
    );
  }
  await report(prepared, host, images, key !== undefined);
}

async function report(
  { destination, options }: Preparation,
  host: BuildHost,
  images: readonly CheckedImage[],
  isSigned: boolean,
): Promise<void> {
  const folder = outputFolder(options.minimal);
  const rows: SummaryRow[] = images.map((built) => ({
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
    signature: isSigned ? "verified" : "-",
  }));
  const withNames = rows.map((row) => ({
    ...row,
    reference: referenceOf(destination, row.name),
  }));
  const file = join(host.root, folder, "summary.json");
  await writeWhole(file, `${JSON.stringify(withNames, undefined, 2)}\n`);
  host.print(formatSummary(rows));
}
