/**
 * Frames in memory that take turns: while the encoder reads one, the next is made in another.
 *
 * Each slot remembers which tiles have changed since it was last written, so that only those are converted; a
 * slot is free again when GStreamer has dropped its last reference to the slot's memory.
 */
import { StreamSpaceError } from "../../agent/base/errors.ts";
import { readRefcount, writePts, type Pointer } from "../gstreamer-library.ts";
import { DamageRegion } from "./damage-region.ts";
import type { FrameLayout } from "./frame-layout.ts";
import { memoryFlagReadonly, type GStreamer } from "./gstreamer.ts";
import type { PixelConverter, SourcePicture } from "./pixel-converter.ts";

/** One in the encoder, one on its way there, one to write. */
const slotCount = 3;

interface Slot {
  address: Pointer;
  /** A `GstMemory`; one reference is ours. */
  memory: Pointer;
  /** What differs from the picture of the screen. */
  stale: DamageRegion;
}

/** The slots for one size and format. */
export class FrameSlots {
  readonly #gstreamer: GStreamer;
  readonly #converter: PixelConverter;
  readonly #layout: FrameLayout;
  /** Most recently written first: it needs the least work. */
  #slots: Slot[];

  constructor(gstreamer: GStreamer, converter: PixelConverter) {
    this.#gstreamer = gstreamer;
    this.#converter = converter;
    this.#layout = converter.layout;
    this.#slots = Array.from({ length: slotCount }, () => this.#newSlot());
  }

  /** Whether there is a slot to write. */
  get isFree(): boolean {
    return this.#slots.some(isFree);
  }

  /** Whether the encoder holds none of them. */
  get areAllFree(): boolean {
    return this.#slots.every(isFree);
  }

  /** The picture changed there. */
  markStale(changed: DamageRegion): void {
    for (const slot of this.#slots) slot.stale.addAll(changed);
  }

  /**
   * Brings a free slot up to date with `picture`.
   * @returns a `GstBuffer` that the caller owns; `undefined` where no slot is free.
   */
  makeBuffer(picture: SourcePicture, ptsNs: bigint): Pointer | undefined {
    const slot = this.#slots.find(isFree);
    if (slot === undefined) return undefined;
    slot.stale.forEachRun((x, y, width, height) => {
      this.#converter.convert(picture, slot.address, x, y, width, height);
    });
    slot.stale.clear();
    this.#slots = [slot, ...this.#slots.filter((other) => other !== slot)];
    const { core } = this.#gstreamer;
    const buffer = core.bufferNew();
    core.bufferAppendMemory(buffer, core.ref(slot.memory));
    writePts(buffer, ptsNs);
    return buffer;
  }

  /** Gives the memory back; what the encoder still holds is freed when it lets go. */
  close(): void {
    for (const slot of this.#slots) this.#gstreamer.core.unref(slot.memory);
    this.#slots = [];
  }

  #newSlot(): Slot {
    const { bytes, size } = this.#layout;
    const { core, glib, freeFunction } = this.#gstreamer;
    const address = glib.malloc(bytes);
    const memory = core.memoryNewWrapped(
      memoryFlagReadonly,
      address,
      bytes,
      0,
      bytes,
      address,
      freeFunction,
    );
    const stale = new DamageRegion(size);
    stale.add({ x: 0, y: 0, ...size });
    return { address, memory, stale };
  }
}

function isFree(slot: Slot): boolean {
  const references = readRefcount(slot.memory);
  if (references < 1) {
    throw new StreamSpaceError("internal", "the memory of a frame is gone");
  }
  return references === 1;
}
