/**
 * What is attached to an image in its registry: bills of materials as referrers, and signatures.
 */
import type { KeyObject } from "node:crypto";
import * as v from "valibot";
import { messageOf } from "../../agent/base/errors.ts";
import {
  describe,
  digitsOf,
  mediaTypes,
  type Descriptor,
} from "./canonical.ts";
import { BuildFailure } from "./failure.ts";
import type { Registry, RemoteManifest } from "./registry.ts";
import { sbomMediaType } from "./sbom.ts";
import {
  isSignedBy,
  signatureAnnotation,
  signatureArtefact,
  signatureTag,
  signImage,
  type Signature,
} from "./signature.ts";

const descriptorSchema = v.looseObject({
  mediaType: v.string(),
  digest: v.string(),
  size: v.number(),
  annotations: v.optional(v.record(v.string(), v.string())),
  artifactType: v.optional(v.string()),
});
const manifestSchema = v.looseObject({ layers: v.array(descriptorSchema) });
type SignatureLayer = v.InferOutput<typeof descriptorSchema>;
const indexSchema = v.looseObject({ manifests: v.array(descriptorSchema) });

/**
 * Attaches a bill of materials to the image `subject`: an artefact that refers to it, found by the registry's
 * referrers or, where it keeps none, by the index under the tag `sha256-<digits>`.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
 */
export async function attachSbom(
  registry: Registry,
  repository: string,
  subject: Descriptor,
  sbom: Buffer,
): Promise<Descriptor> {
  const empty = Buffer.from("{}");
  const config = describe(mediaTypes.empty, empty);
  const layer = describe(sbomMediaType, sbom);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: sbomMediaType,
      config,
      layers: [layer],
      subject,
    }),
  );
  await registry.uploadContent(repository, config, empty);
  await registry.uploadContent(repository, layer, sbom);
  const artefact: Descriptor = {
    ...describe(mediaTypes.ociManifest, manifest),
    artifactType: sbomMediaType,
  };
  const isListed = await registry.putManifest(
    repository,
    artefact.digest,
    mediaTypes.ociManifest,
    manifest,
  );
  if (!isListed) await listReferrer(registry, repository, subject, artefact);
  return artefact;
}

async function listReferrer(
  registry: Registry,
  repository: string,
  subject: Descriptor,
  artefact: Descriptor,
): Promise<void> {
  const tag = `sha256-${digitsOf(subject.digest)}`;
  const before = await registry.getManifest(repository, tag);
  const others =
    before === undefined
      ? []
      : parseAs(
          indexSchema,
          before,
          `${registry.host}/${repository}:${tag}`,
        ).manifests.filter(({ digest }) => digest !== artefact.digest);
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [...others, artefact],
    }),
  );
  await registry.putManifest(repository, tag, mediaTypes.ociIndex, index);
}

/** @throws BuildFailure `failed` where what the registry has there is something else. */
function parseAs<T>(
  schema: v.GenericSchema<unknown, T>,
  { content }: RemoteManifest,
  where: string,
): T {
  try {
    return v.parse(schema, JSON.parse(content.toString("utf8")));
  } catch (error) {
    throw new BuildFailure(
      "failed",
      `what the registry has as ${where} cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * Signs an image, unless the owner of the key has already: ECDSA gives another signature each time, and the
 * same image should not collect them. Signatures by other keys stay.
 */
export async function attachSignature(
  registry: Registry,
  repository: string,
  digest: string,
  key: KeyObject,
): Promise<void> {
  const present = await signaturesOf(registry, repository, digest);
  if (await isAmong(present, registry, repository, digest, key)) return;
  const signed = signImage(`${registry.host}/${repository}`, digest, key);
  const { manifest, blobs } = signatureArtefact(signed, present);
  for (const { content, ...blob } of blobs) {
    await registry.uploadContent(repository, blob, content);
  }
  await registry.putManifest(
    repository,
    signatureTag(digest),
    mediaTypes.ociManifest,
    manifest,
  );
}

/** The signatures of an image that the registry has, by whatever key. */
async function signaturesOf(
  registry: Registry,
  repository: string,
  digest: string,
): Promise<SignatureLayer[]> {
  const tag = signatureTag(digest);
  const found = await registry.getManifest(repository, tag);
  if (found === undefined) return [];
  const where = `${registry.host}/${repository}:${tag}`;
  return parseAs(manifestSchema, found, where).layers;
}

/** Whether one of the signatures is by this key. */
async function isAmong(
  signatures: readonly SignatureLayer[],
  registry: Registry,
  repository: string,
  digest: string,
  key: KeyObject,
): Promise<boolean> {
  for (const { mediaType, size, annotations, ...layer } of signatures) {
    const signature = annotations?.[signatureAnnotation];
    if (signature === undefined) continue;
    const blob: Descriptor = { mediaType, size, digest: layer.digest };
    const payload = await registry.getBlob(repository, blob);
    const signed: Signature = { payload, signature };
    const reference = `${registry.host}/${repository}`;
    if (isSignedBy(key, signed, reference, digest)) return true;
  }
  return false;
}

/** @throws BuildFailure `failed` where there is no valid signature of the image by this key. */
export async function verifySignature(
  registry: Registry,
  repository: string,
  digest: string,
  key: KeyObject,
): Promise<void> {
  const present = await signaturesOf(registry, repository, digest);
  if (await isAmong(present, registry, repository, digest, key)) return;
  throw new BuildFailure(
    "failed",
    `${registry.host}/${repository}@${digest} has no valid signature by this key`,
  );
}
