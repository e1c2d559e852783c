/**
 * How coarse the quantiser of a frame is, read from the head of what libvpx gave. Pure.
 *
 * The rate control of libvpx makes the quantiser finer over ten frames and more, whatever the frames cost. So a frame of
 * large even areas says nothing by its size: it may be tiny, and off by 18 of 255 in its colours.
 */
import type { VideoPipelineCodec } from "../video-encoding.ts";

/** Bytes of a frame that are enough to find its quantiser. */
export const quantiserHeadBytes = 64;

/**
 * The index of a frame's quantiser as a share of the coarsest, 0–1.
 * @param head the first {@link quantiserHeadBytes} of a frame, or all of it; the size of a VP9 frame that refers to others
 *   may be unknown.
 */
export type QuantiserReader = (head: Uint8Array) => number | undefined;

/** Reads the quantiser of each codec where that needs no more than the head of a frame. */
export const quantiserReaders: Partial<
  Record<VideoPipelineCodec, QuantiserReader>
> = { vp8: readVp8Quantiser, vp9: readVp9Quantiser };

const coarsestVp8 = 127;
const coarsestVp9 = 255;

function readVp8Quantiser(head: Uint8Array): number | undefined {
  const isKeyFrame = ((head[0] ?? 1) & 1) === 0;
  const bits = new BoolDecoder(head, isKeyFrame ? 10 : 3);
  if (isKeyFrame) bits.pass(2); // color_space, clamping_type
  if (bits.flag()) passVp8Segmentation(bits);
  bits.pass(1 + 6 + 3); // filter_type, loop_filter_level, sharpness_level
  const adjustsFilter = bits.flag();
  if (adjustsFilter && bits.flag())
    for (let delta = 0; delta < 8; delta += 1)
      if (bits.flag()) bits.pass(6 + 1);
  bits.pass(2); // log2_nbr_of_dct_partitions
  const index = bits.number(7);
  return bits.isWhole ? index / coarsestVp8 : undefined;
}

/** RFC 6386, section 9.3. */
function passVp8Segmentation(bits: BoolDecoder): void {
  const updatesMap = bits.flag();
  const updatesData = bits.flag();
  if (updatesData) {
    bits.pass(1); // segment_feature_mode
    for (const width of [7, 6])
      for (let segment = 0; segment < 4; segment += 1)
        if (bits.flag()) bits.pass(width + 1);
  }
  if (updatesMap)
    for (let probability = 0; probability < 3; probability += 1)
      if (bits.flag()) bits.pass(8);
}

/** Fields of a header, one after the other. */
abstract class HeaderReader {
  /** Whether there were bytes for all that was read. */
  abstract get isWhole(): boolean;

  /** The next bit. */
  abstract flag(): boolean;

  number(width: number): number {
    let value = 0;
    for (let bit = 0; bit < width; bit += 1)
      value = value * 2 + (this.flag() ? 1 : 0);
    return value;
  }

  /** Goes past a field that says nothing of the quantiser. */
  pass(width: number): void {
    for (let bit = 0; bit < width; bit += 1) this.flag();
  }
}

/** What VP8 writes at even odds, RFC 6386, section 7.3. */
class BoolDecoder extends HeaderReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #value: number;
  #range = 255;
  #shifts = 0;

  constructor(bytes: Uint8Array, at: number) {
    super();
    this.#bytes = bytes;
    this.#value = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    this.#at = at + 2;
  }

  get isWhole(): boolean {
    return this.#at <= this.#bytes.length;
  }

  flag(): boolean {
    const split = 1 + (((this.#range - 1) * 128) >> 8);
    const isSet = this.#value >= split << 8;
    this.#range = isSet ? this.#range - split : split;
    if (isSet) this.#value -= split << 8;
    while (this.#range < 128) {
      this.#value <<= 1;
      this.#range <<= 1;
      this.#shifts += 1;
      if (this.#shifts < 8) continue;
      this.#shifts = 0;
      this.#value |= this.#bytes[this.#at] ?? 0;
      this.#at += 1;
    }
    return isSet;
  }
}

/** VP9 bitstream specification, section 6.2, profile 0, which is all that browsers are offered. */
function readVp9Quantiser(head: Uint8Array): number | undefined {
  const bits = new BitReader(head);
  bits.pass(2); // frame_marker
  const isProfile0 = bits.number(2) === 0;
  const showsExisting = bits.flag();
  if (!isProfile0 || showsExisting) return undefined;
  const isKeyFrame = !bits.flag();
  const isShown = bits.flag();
  const isResilient = bits.flag();
  if (isKeyFrame) {
    bits.pass(24); // sync code
    const isRgb = bits.number(3) === 7;
    if (isRgb) return undefined;
    bits.pass(1); // color_range
    passVp9Size(bits);
  } else {
    const isIntraOnly = !isShown && bits.flag();
    if (isIntraOnly) return undefined;
    if (!isResilient) bits.pass(2); // reset_frame_context
    bits.pass(8 + 3 * 4); // refresh_frame_flags, references with their signs
    passVp9SizeOfReference(bits);
    bits.pass(1); // allow_high_precision_mv
    const isSwitchable = bits.flag();
    if (!isSwitchable) bits.pass(2); // raw_interpolation_filter
  }
  if (!isResilient) bits.pass(2); // refresh_frame_context, frame_parallel_decoding_mode
  bits.pass(2 + 6 + 3); // frame_context_idx, loop_filter_level, loop_filter_sharpness
  const adjustsFilter = bits.flag();
  if (adjustsFilter && bits.flag())
    for (let delta = 0; delta < 6; delta += 1) if (bits.flag()) bits.pass(7);
  const index = bits.number(8);
  return bits.isWhole ? index / coarsestVp9 : undefined;
}

function passVp9Size(bits: BitReader): void {
  bits.pass(16 + 16);
  passVp9RenderSize(bits);
}

function passVp9SizeOfReference(bits: BitReader): void {
  let isFound = false;
  for (let reference = 0; reference < 3 && !isFound; reference += 1)
    isFound = bits.flag();
  if (!isFound) bits.pass(16 + 16);
  passVp9RenderSize(bits);
}

function passVp9RenderSize(bits: BitReader): void {
  const isOther = bits.flag();
  if (isOther) bits.pass(16 + 16);
}

class BitReader extends HeaderReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  get isWhole(): boolean {
    return this.#at <= 8 * this.#bytes.length;
  }

  flag(): boolean {
    const byte = this.#bytes[this.#at >> 3] ?? 0;
    const isSet = ((byte >> (7 - (this.#at & 7))) & 1) === 1;
    this.#at += 1;
    return isSet;
  }
}
