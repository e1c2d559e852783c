/**
 * A client of one registry: blobs, manifests, tags. OCI Distribution 1.1, and Docker's 2.8 that came before.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { digestOf, mediaTypes, type Descriptor } from "./canonical.ts";
import { BuildFailure } from "./failure.ts";
import { RegistryConnection } from "./registry-connection.ts";

/** What became of a blob that was to be uploaded. */
export type UploadResult = "present" | "mounted" | "uploaded";

/** A manifest as the registry gave it; its digest has been checked. */
export interface RemoteManifest {
  digest: string;
  mediaType: string;
  content: Buffer;
}

/** For one blob: 1 GB at 2 MB/s. */
const blobTimeoutMs = 600_000;
/** Manifests above this are refused by registries too. */
const maxManifestBytes = 4 * 1024 * 1024;

export class Registry {
  /** `host[:port]`. */
  readonly host: string;
  readonly #connection: RegistryConnection;

  constructor(host: string, signal: AbortSignal) {
    this.host = host;
    this.#connection = new RegistryConnection(host, signal);
  }

  /** @throws BuildFailure `unavailable` where nothing answers, or something that is no registry. */
  async ping(): Promise<void> {
    await this.#connection.ping();
  }

  async hasBlob(repository: string, digest: string): Promise<boolean> {
    const path = `blobs/${digest}`;
    const response = await this.#connection.ask(repository, path, {
      method: "HEAD",
    });
    return response.ok;
  }

  /**
   * Uploads a file, unless the registry has it: in this repository, or in `siblings`, from where it is mounted.
   * @throws BuildFailure `failed` where the registry refuses.
   */
  async uploadFile(
    repository: string,
    blob: Descriptor,
    file: string,
    siblings: readonly string[],
  ): Promise<UploadResult> {
    if (await this.hasBlob(repository, blob.digest)) return "present";
    for (const sibling of siblings) {
      if (await this.#mount(repository, blob.digest, sibling)) return "mounted";
    }
    await this.#upload(repository, blob.digest, await openAsBlob(file));
    return "uploaded";
  }

  /** The same for contents in memory. */
  async uploadContent(
    repository: string,
    blob: Descriptor,
    content: Buffer,
  ): Promise<void> {
    if (await this.hasBlob(repository, blob.digest)) return;
    await this.#upload(repository, blob.digest, content);
  }

  /**
   * Puts a manifest under a tag or its own digest.
   * @returns whether the registry keeps the list of what refers to an image by itself.
   */
  async putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    content: Buffer,
  ): Promise<boolean> {
    const response = await this.#connection.ask(
      repository,
      `manifests/${reference}`,
      {
        method: "PUT",
        headers: { "content-type": mediaType },
        body: content,
      },
    );
    await this.#expect(response, [201], `storing a manifest of ${repository}`);
    return response.headers.has("oci-subject");
  }

  /**
   * The manifest under a tag or digest, or `undefined`.
   * @throws BuildFailure `failed` where its digest is not the one that was asked for.
   */
  async getManifest(
    repository: string,
    reference: string,
  ): Promise<RemoteManifest | undefined> {
    const response = await this.#connection.ask(
      repository,
      `manifests/${reference}`,
      {
        headers: {
          accept: [
            mediaTypes.dockerManifest,
            mediaTypes.dockerList,
            mediaTypes.ociManifest,
            mediaTypes.ociIndex,
          ].join(", "),
        },
      },
    );
    if (response.status === 404) {
      await this.#connection.discard(response);
      return undefined;
    }
    await this.#expect(response, [200], `reading ${repository}:${reference}`);
    const content = await this.#connection.readAll(response);
    const digest = digestOf(content);
    const isOther = reference.startsWith("sha256:") && reference !== digest;
    if (isOther || content.length > maxManifestBytes) {
      throw new BuildFailure(
        "failed",
        `${this.host} gave a manifest with the digest ${digest} for ${repository}@${reference}`,
      );
    }
    const mediaType =
      response.headers.get("content-type") ?? mediaTypes.ociManifest;
    return { digest, mediaType, content };
  }

  /** A small blob as a whole. @throws BuildFailure `failed` where it is missing or another one. */
  async getBlob(repository: string, blob: Descriptor): Promise<Buffer> {
    const chunks: Buffer[] = [];
    await this.readBlob(repository, blob, (chunk) => chunks.push(chunk));
    return Buffer.concat(chunks);
  }

  /** Reads a blob and checks its size and digest. @throws BuildFailure `failed` */
  async readBlob(
    repository: string,
    blob: Descriptor,
    onChunk: (chunk: Buffer) => void = () => undefined,
  ): Promise<void> {
    const response = await this.#connection.ask(
      repository,
      `blobs/${blob.digest}`,
      {
        timeoutMs: blobTimeoutMs,
      },
    );
    await this.#expect(response, [200], `reading a blob of ${repository}`);
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of this.#connection.read(response)) {
      size += chunk.length;
      if (size > blob.size) break;
      hash.update(chunk);
      onChunk(chunk);
    }
    if (size === blob.size && `sha256:${hash.digest("hex")}` === blob.digest) {
      return;
    }
    throw new BuildFailure(
      "failed",
      `what ${this.host} has as ${blob.digest} of ${repository} is something else`,
    );
  }

  async #mount(
    repository: string,
    digest: string,
    sibling: string,
  ): Promise<boolean> {
    const path = `blobs/uploads/?mount=${digest}&from=${sibling}`;
    const response = await this.#connection.ask(repository, path, {
      method: "POST",
    });
    await this.#connection.discard(response);
    return response.status === 201;
  }

  async #upload(
    repository: string,
    digest: string,
    body: Blob | Buffer,
  ): Promise<void> {
    const what = `uploading to ${repository}`;
    const begun = await this.#connection.ask(repository, "blobs/uploads/", {
      method: "POST",
    });
    await this.#expect(begun, [202], what);
    await this.#connection.discard(begun);
    const location = begun.headers.get("location");
    const address = this.#connection.addressOf(repository, location);
    address.searchParams.set("digest", digest);
    const ended = await this.#connection.ask(repository, address, {
      method: "PUT",
      headers: { "content-type": "application/octet-stream" },
      body,
      timeoutMs: blobTimeoutMs,
    });
    await this.#expect(ended, [201], what);
    await this.#connection.discard(ended);
  }

  async #expect(
    response: Response,
    statuses: readonly number[],
    what: string,
  ): Promise<void> {
    if (statuses.includes(response.status)) return;
    const body = await this.#connection.readAll(response);
    const text = body.toString("utf8").slice(0, 300).trim();
    throw new BuildFailure(
      "failed",
      `${what} failed: ${this.host} answered ${response.status} ${text}`.trim(),
    );
  }
}
