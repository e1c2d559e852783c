/**
 * Compressed layers and other blobs on disk, each once, whatever images have it. What a layer holds is
 * remembered beside it, so that a build in which nothing changed reads no layer.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import {
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { digitsOf, mediaTypes, type Descriptor } from "./canonical.ts";
import { BuildFailure } from "./failure.ts";
import { LayerReader, type LayerFindings } from "./findings.ts";
import { TarClock } from "./tar-clock.ts";

/** A layer as the engine has it. */
export interface LayerSource {
  /** Digest of the engine's tar archive. */
  diffId: string;
  /** What its files get as their time, seconds since 1970; `undefined` leaves them alone. */
  epoch: number | undefined;
}

/** A layer that the store has. */
export interface StoredLayer {
  /** Digest of the tar archive as it is published. */
  diffId: string;
  /** The compressed archive. */
  blob: Descriptor;
  /** Bytes of the tar archive. */
  uncompressedSize: number;
  findings: LayerFindings;
}

/** zlib's default; the higher ones take three times as long for 2 %. */
const compressionLevel = 6;
/** Is part of a remembered layer's name: what was remembered by another version is not understood. */
const format = "v3";

export class LayerStore {
  readonly #blobs: string;
  readonly #layers: string;

  /** @param folder is made by {@link open}. */
  constructor(folder: string) {
    this.#blobs = join(folder, "blobs");
    this.#layers = join(folder, `layers-${format}`);
  }

  /** @throws BuildFailure `unavailable` where the folder cannot be made. */
  async open(): Promise<void> {
    try {
      await mkdir(this.#blobs, { recursive: true });
      await mkdir(this.#layers, { recursive: true });
    } catch (error) {
      throw new BuildFailure(
        "unavailable",
        `the folder ${this.#blobs} cannot be made; choose another with STREAMSPACE_IMAGE_CACHE`,
        { cause: error },
      );
    }
  }

  /** The file of a blob, which exists where something was put there. */
  blobFile(digest: string): string {
    return join(this.#blobs, digitsOf(digest));
  }

  /** The engine's layer with this digest of its tar archive, or `undefined`. */
  async find(source: LayerSource): Promise<StoredLayer | undefined> {
    try {
      const text = await readFile(this.#layerFile(source), "utf8");
      // Written by `add` below, under a name that carries the format.
      const layer = JSON.parse(text) as StoredLayer;
      const blob = this.blobFile(layer.blob.digest);
      const { size } = await stat(blob);
      if (size !== layer.blob.size) return undefined;
      // The time of the last use, after which the cache removes them.
      const now = new Date();
      await Promise.all(
        [this.#layerFile(source), blob].map((file) => utimes(file, now, now)),
      );
      return layer;
    } catch {
      return undefined; // Not there, or half there: made again.
    }
  }

  /**
   * Compresses the tar archive in `file` (compressed already or not) into the store.
   * @throws BuildFailure `failed` where it is another layer than `source` says.
   */
  async add(
    source: LayerSource,
    file: string,
    signal: AbortSignal,
  ): Promise<StoredLayer> {
    const temporary = join(this.#blobs, `.${randomUUID()}`);
    try {
      const reader = new LayerReader();
      const given = new Meter();
      const plain = new Meter((chunk) => {
        reader.write(chunk);
      });
      const packed = new Meter();
      const gunzip = (await isGzip(file)) ? [createGunzip()] : [];
      await pipeline(
        [
          createReadStream(file),
          ...gunzip,
          given,
          ...(source.epoch === undefined ? [] : [setTimes(source.epoch)]),
          plain,
          createGzip({ level: compressionLevel }),
          packed,
          createWriteStream(temporary),
        ],
        { signal },
      );
      if (given.digest() !== source.diffId) {
        throw new BuildFailure(
          "failed",
          `the engine gave ${given.digest()} for the layer ${source.diffId}`,
        );
      }
      const digest = packed.digest();
      await rename(temporary, this.blobFile(digest));
      const layer: StoredLayer = {
        diffId: plain.digest(),
        blob: { mediaType: mediaTypes.dockerLayer, digest, size: packed.bytes },
        uncompressedSize: plain.bytes,
        findings: reader.findings(),
      };
      await writeWhole(this.#layerFile(source), JSON.stringify(layer));
      return layer;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  #layerFile({ diffId, epoch }: LayerSource): string {
    const times = epoch === undefined ? "" : `-${epoch}`;
    return join(this.#layers, `${digitsOf(diffId)}${times}.json`);
  }
}

/** Writes a file that is there whole or not at all. */
export async function writeWhole(
  file: string,
  content: string | Buffer,
): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Gives the files of an archive that passes the same time. */
function setTimes(epoch: number): Transform {
  const clock = new TarClock(epoch);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        done(null, clock.write(chunk));
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
    flush(done) {
      done(null, clock.end());
    },
  });
}

/** Counts and hashes what passes. */
class Meter extends Transform {
  readonly #hash = createHash("sha256");
  readonly #onChunk: ((chunk: Buffer) => void) | undefined;
  #digest: string | undefined;
  bytes = 0;

  constructor(onChunk?: (chunk: Buffer) => void) {
    super();
    this.#onChunk = onChunk;
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error: null, chunk: Buffer) => void,
  ): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
    this.#onChunk?.(chunk);
    done(null, chunk);
  }

  digest(): string {
    this.#digest ??= `sha256:${this.#hash.digest("hex")}`;
    return this.#digest;
  }
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.readUInt16BE(0) === 0x1f8b;
  } finally {
    await handle.close();
  }
}
