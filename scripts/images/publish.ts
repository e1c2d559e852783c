/**
 * From the store into a registry: first everything by digest, attached, signed, pulled back and compared; the
 * tags when all of that is done, so that a build which is interrupted leaves no tag behind.
 */
import type { KeyObject } from "node:crypto";
import { attachSbom, attachSignature, verifySignature } from "./attachments.ts";
import type { BuiltImage } from "./build-image.ts";
import {
  describe,
  manifestList,
  mediaTypes,
  type Descriptor,
} from "./canonical.ts";
import { BuildFailure } from "./failure.ts";
import type { LayerStore } from "./layer-store.ts";
import type { Registry, UploadResult } from "./registry.ts";

/** What a push is made of. */
export interface PublishOptions {
  registry: Registry;
  store: LayerStore;
  /** Attach bills of materials. */
  sbom: boolean;
  /** Sign with this key. */
  key: KeyObject | undefined;
}

/** An image in a registry that has no tag yet. */
export interface PublishedImage {
  repository: string;
  mediaType: string;
  content: Buffer;
  /** Of what the tag will name: a manifest, or a list of several platforms. */
  digest: string;
}

/** Bytes of layers by what became of them. */
export type Traffic = Record<UploadResult, number>;

/** Pushes images one after the other and knows which repository has which layer. */
export class Publisher {
  readonly #options: PublishOptions;
  /** Repositories by digests of layers that they have. */
  readonly #holders = new Map<string, Set<string>>();
  readonly #checked = new Set<string>();
  readonly traffic: Traffic = { present: 0, mounted: 0, uploaded: 0 };

  constructor(options: PublishOptions) {
    this.#options = options;
  }

  /**
   * Pushes an image, one for each platform, by digest, and checks what arrived.
   * @throws BuildFailure
   */
  async publish(
    repository: string,
    platforms: readonly BuiltImage[],
  ): Promise<PublishedImage> {
    const { registry, key, sbom } = this.#options;
    const manifests: Descriptor[] = [];
    for (const built of platforms) {
      const subject = await this.#push(repository, built);
      manifests.push({
        ...subject,
        platform: { architecture: built.architecture, os: "linux" },
      });
      if (sbom) await attachSbom(registry, repository, subject, built.sbom);
      await this.#pullBack(repository, built);
    }
    const top = await this.#top(repository, platforms, manifests);
    if (key !== undefined) {
      const digests = [...manifests.map(({ digest }) => digest), top.digest];
      for (const digest of new Set(digests)) {
        await attachSignature(registry, repository, digest, key);
        await verifySignature(registry, repository, digest, key);
      }
    }
    return top;
  }

  async #push(repository: string, built: BuiltImage): Promise<Descriptor> {
    const { registry, store } = this.#options;
    for (const { blob } of built.layers) {
      const holders = this.#holders.get(blob.digest) ?? new Set();
      if (holders.has(repository)) continue;
      const result = await registry.uploadFile(
        repository,
        blob,
        store.blobFile(blob.digest),
        [...holders],
      );
      this.traffic[result] += blob.size;
      this.#holders.set(blob.digest, holders.add(repository));
    }
    const config = describe(mediaTypes.dockerConfig, built.config);
    await registry.uploadContent(repository, config, built.config);
    const type = mediaTypes.dockerManifest;
    await registry.putManifest(repository, built.digest, type, built.manifest);
    return describe(type, built.manifest);
  }

  /** What the registry has under the digest, down to each byte of each layer; a layer is read once. */
  async #pullBack(repository: string, built: BuiltImage): Promise<void> {
    const { registry } = this.#options;
    const manifest = await registry.getManifest(repository, built.digest);
    if (manifest === undefined) {
      throw new BuildFailure(
        "failed",
        `${registry.host} does not have ${repository}@${built.digest}, which was just pushed`,
      );
    }
    const config = describe(mediaTypes.dockerConfig, built.config);
    await registry.readBlob(repository, config);
    for (const { blob } of built.layers) {
      if (this.#checked.has(blob.digest)) continue;
      await registry.readBlob(repository, blob);
      this.#checked.add(blob.digest);
    }
  }

  async #top(
    repository: string,
    platforms: readonly BuiltImage[],
    manifests: readonly Descriptor[],
  ): Promise<PublishedImage> {
    const [first] = platforms;
    if (first !== undefined && platforms.length === 1) {
      const { manifest: content, digest } = first;
      const mediaType = mediaTypes.dockerManifest;
      return { repository, mediaType, content, digest };
    }
    const content = manifestList(manifests);
    const mediaType = mediaTypes.dockerList;
    const { digest } = describe(mediaType, content);
    await this.#options.registry.putManifest(
      repository,
      digest,
      mediaType,
      content,
    );
    return { repository, mediaType, content, digest };
  }
}
