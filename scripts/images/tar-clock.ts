/**
 * Gives every file of a tar archive the same time while the archive streams by; everything else stays as it is.
 *
 * Engines can do this themselves, but buildah's cache hands out layers that were built with another time: whose
 * build came first on a machine would decide about the digest.
 */
import { BuildFailure } from "./failure.ts";
import { blockBytes, sizeOf } from "./tar-scanner.ts";

/** Offsets and lengths of fields of a header, see tar(5). */
const time = { at: 136, length: 12 };
const checksum = { at: 148, length: 8 };
const typeAt = 156;

/** Is fed with chunks of any size. */
export class TarClock {
  readonly #time: string;
  #pending: Buffer = Buffer.alloc(0);
  /** Bytes until the next header. */
  #untilHeader = 0;

  /** @param epoch seconds since 1970. */
  constructor(epoch: number) {
    this.#time = `${epoch.toString(8).padStart(time.length - 1, "0")}\0`;
  }

  /**
   * What can be passed on after `chunk`; less than a header may be kept back.
   * @throws BuildFailure `failed` where this is no tar archive, or one whose headers cannot be followed.
   */
  write(chunk: Buffer): Buffer {
    const data = Buffer.concat([this.#pending, chunk]);
    let at = Math.min(this.#untilHeader, data.length);
    this.#untilHeader -= at;
    while (this.#untilHeader === 0 && data.length - at >= blockBytes) {
      const header = data.subarray(at, at + blockBytes);
      at += blockBytes;
      const content = this.#header(header);
      const taken = Math.min(content, data.length - at);
      at += taken;
      this.#untilHeader = content - taken;
    }
    this.#pending = Buffer.from(data.subarray(at));
    return data.subarray(0, at);
  }

  /** The rest at the end. */
  end(): Buffer {
    const rest = this.#pending;
    this.#pending = Buffer.alloc(0);
    return rest;
  }

  /** Rewrites a header in place; returns the bytes of contents and padding behind it. */
  #header(header: Buffer): number {
    if (header.every((byte) => byte === 0)) return 0; // The end of the archive.
    const field = header.subarray(checksum.at, checksum.at + checksum.length);
    const stored = Number.parseInt(field.toString("latin1").trim(), 8);
    if (stored !== sumOf(header)) {
      throw new BuildFailure(
        "failed",
        "a layer is no tar archive that can be read",
      );
    }
    // Headers about the next one (x, g, L, K) have no time that anybody sees.
    if (!/[xgLK]/.test(String.fromCharCode(header[typeAt] ?? 0))) {
      header.write(this.#time, time.at, "latin1");
      const sum = sumOf(header).toString(8).padStart(6, "0");
      header.write(`${sum}\0 `, checksum.at, "latin1");
    }
    return Math.ceil(sizeOf(header) / blockBytes) * blockBytes;
  }
}

/** The sum of all bytes, those of the checksum taken as spaces. */
function sumOf(header: Buffer): number {
  let sum = 0;
  for (const [at, byte] of header.entries()) {
    const isChecksum = at >= checksum.at && at < checksum.at + checksum.length;
    sum += isChecksum ? 0x20 : byte;
  }
  return sum;
}
