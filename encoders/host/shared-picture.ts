/**
 * A picture of the screen in memory that this process and the X server share.
 */
import { viewMemory } from "../gstreamer-library.ts";
import type { RowBand } from "./damage-region.ts";
import type { Size } from "./geometry.ts";
import type { SourcePicture } from "./pixel-converter.ts";
import { createSharedMemory, type SharedMemory } from "./shared-memory.ts";
import type { XDisplay } from "./x-display.ts";
import {
  shmAttach,
  shmDetach,
  shmGetImage,
  type XExtension,
} from "./x-requests.ts";

/** BGRx, rows without padding. */
export class SharedPicture implements SourcePicture {
  readonly size: Size;
  /** The pixels as bytes; not to be touched after {@link close}. */
  readonly pixels: Uint8Array;
  readonly #display: XDisplay;
  readonly #shm: XExtension;
  readonly #memory: SharedMemory;
  readonly #segment: number;

  private constructor(
    display: XDisplay,
    shm: XExtension,
    size: Size,
    memory: SharedMemory,
  ) {
    this.#display = display;
    this.#shm = shm;
    this.#memory = memory;
    this.#segment = display.newId();
    this.size = size;
    this.pixels = new Uint8Array(viewMemory(memory.address, memory.bytes));
  }

  /**
   * Makes one and shares it with the server.
   * @param shm the extension MIT-SHM.
   * @throws StreamSpaceError `display-unreachable` where the server cannot share it, `missing-program` where this
   *   process cannot.
   */
  static async create(
    display: XDisplay,
    shm: XExtension,
    size: Size,
  ): Promise<SharedPicture> {
    const memory = createSharedMemory(size.width * size.height * 4);
    const picture = new SharedPicture(display, shm, size, memory);
    try {
      await display.do(shmAttach(shm, picture.#segment, memory.id));
    } catch (error) {
      memory.close();
      throw error;
    }
    // From here on it ends with its users, however they end.
    memory.markForRemoval();
    return picture;
  }

  get address(): bigint {
    return this.#memory.address;
  }

  /** Bytes of a row. */
  get stride(): number {
    return this.size.width * 4;
  }

  /** The request that has the server copy `band` of the screen to its place in the picture. */
  getImage(band: RowBand): Buffer {
    return shmGetImage(this.#shm, {
      drawable: this.#display.root,
      area: {
        x: 0,
        y: band.top,
        width: this.size.width,
        height: band.bottom - band.top,
      },
      segment: this.#segment,
      offset: band.top * this.stride,
    });
  }

  close(): void {
    this.#display.send(shmDetach(this.#shm, this.#segment));
    this.#memory.close();
  }
}
