/**
 * An image without what differs from build to build: container ids, host names, the clock. Pure.
 *
 * The format is Docker's schema 2 and not OCI's, because podman reads HEALTHCHECK from the former alone.
 * https://distribution.github.io/distribution/spec/manifest-v2-2/
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { BuildFailure } from "./failure.ts";

export const mediaTypes = {
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  empty: "application/vnd.oci.empty.v1+json",
} as const;

/** Content that is named by its digest. */
export interface Descriptor {
  mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  digest: string;
  /** Bytes. */
  size: number;
  annotations?: Record<string, string>;
  artifactType?: string;
  platform?: { architecture: string; os: string };
}

const runConfigSchema = v.object({
  User: v.optional(v.string()),
  ExposedPorts: v.nullish(v.record(v.string(), v.unknown())),
  Env: v.nullish(v.array(v.string())),
  Entrypoint: v.nullish(v.array(v.string())),
  Cmd: v.nullish(v.array(v.string())),
  Healthcheck: v.nullish(v.record(v.string(), v.unknown())),
  Volumes: v.nullish(v.record(v.string(), v.unknown())),
  WorkingDir: v.optional(v.string()),
  Shell: v.nullish(v.array(v.string())),
  OnBuild: v.nullish(v.array(v.string())),
  StopSignal: v.optional(v.string()),
  Labels: v.nullish(v.record(v.string(), v.string())),
});
const configSchema = v.object({
  architecture: v.string(),
  os: v.string(),
  variant: v.optional(v.string()),
  config: v.optional(runConfigSchema, {}),
  rootfs: v.object({
    type: v.literal("layers"),
    diff_ids: v.array(v.pipe(v.string(), v.regex(/^sha256:[\da-f]{64}$/))),
  }),
  history: v.optional(
    v.array(
      v.object({
        created_by: v.optional(v.string()),
        empty_layer: v.optional(v.boolean()),
      }),
    ),
    [],
  ),
});

/** What an image says of itself, as far as the build reads it. */
export type ImageConfig = v.InferOutput<typeof configSchema>;

/** @throws BuildFailure `failed` where the engine's answer is no configuration of an image. */
export function parseConfig(text: string): ImageConfig {
  try {
    return v.parse(configSchema, JSON.parse(text));
  } catch (error) {
    throw new BuildFailure(
      "failed",
      "the engine's description of the image cannot be read",
      { cause: error },
    );
  }
}

/** Labels that engines add of themselves, and that change with the engine's version. */
const engineLabels = /^io\.(buildah|podman)\./;

/**
 * The configuration that is published: what `config` says of running the image, the given labels over its
 * own, and `created` (RFC 3339) in the place of every time.
 */
export function canonicalConfig(
  config: ImageConfig,
  labels: Readonly<Record<string, string>>,
  created: string,
): Buffer {
  const own = Object.entries(config.config.Labels ?? {}).filter(
    ([name]) => !engineLabels.test(name),
  );
  const merged = { ...Object.fromEntries(own), ...labels };
  const text = {
    created,
    architecture: config.architecture,
    os: config.os,
    ...(config.variant === undefined ? {} : { variant: config.variant }),
    config: withoutEmpty({ ...config.config, Labels: sorted(merged) }),
    rootfs: config.rootfs,
    history: config.history.map((step) => ({ created, ...step })),
  };
  return Buffer.from(JSON.stringify(text));
}

function sorted(record: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Engines write absent lists as `null`, as `[]` or not at all. */
function withoutEmpty(record: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(record).filter(
      ([, value]) =>
        value != null &&
        value !== "" &&
        !(typeof value === "object" && Object.keys(value).length === 0),
    ),
  );
}

/** The manifest of an image with this configuration and these layers, the lowest first. */
export function imageManifest(
  config: Buffer,
  layers: readonly Descriptor[],
): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: describe(mediaTypes.dockerConfig, config),
      layers,
    }),
  );
}

/** The list that stands for one image on several platforms. */
export function manifestList(manifests: readonly Descriptor[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerList,
      manifests,
    }),
  );
}

/** Names `content` by its digest. */
export function describe(mediaType: string, content: Buffer): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

/** `sha256:` and the digits. */
export function digestOf(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** The 64 hexadecimal digits of a digest. */
export function digitsOf(digest: string): string {
  return digest.replace(/^sha256:/, "");
}
