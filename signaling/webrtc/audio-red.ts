/**
 * Redundant audio (RED, RFC 2198): each packet carries the frames before it again, so that a viewer who
 * loses a packet finds its frame in the next one. It costs bits and no delay, and no other viewer.
 */

/** Most frames that are repeated in one packet. */
export type RedDistance = 0 | 1 | 2;

/** Loss from which one earlier frame is repeated, 0–1. */
const oneFrameLoss = 0.01;
/** Loss from which two are: losses are then often of two packets in a row. */
const twoFramesLoss = 0.05;
/** Repeated frames go on for this long after the last report of a loss. */
const holdMs = 10_000;

/**
 * How many frames to repeat, by what a viewer's receiver reports say. Up at once, down when nothing was lost
 * for {@link holdMs}. Pure; the caller brings the time.
 */
export class RedPolicy {
  #distance: RedDistance = 0;
  #lastLossMs = -Infinity;

  /** The part of the packets that the latest report says were lost, 0–1. */
  onReport(fractionLost: number, nowMs: number): void {
    const wanted: RedDistance =
      fractionLost >= twoFramesLoss ? 2 : fractionLost >= oneFrameLoss ? 1 : 0;
    if (wanted > this.#distance) this.#distance = wanted;
    if (wanted > 0) this.#lastLossMs = nowMs;
    else if (nowMs - this.#lastLossMs >= holdMs) this.#distance = 0;
  }

  get distance(): RedDistance {
    return this.#distance;
  }
}

interface Frame {
  payload: Buffer;
  timestamp: number;
}

/** Header of a repeated frame (RFC 2198, section 3): F, payload type, 14 bits of offset, 10 of length. */
const repeatedHeaderBytes = 4;
const lastHeaderBytes = 1;
const maxOffset = 0x3fff;
const maxLength = 0x3ff;

/** What redundancy of one viewer is made from. */
export interface RedAudioOptions {
  /** Payload type of the frames, as the SDP has it. */
  opusPayloadType: number;
  /** Most earlier frames in a packet. */
  distance: RedDistance;
}

/**
 * Bound of a RED payload: that of the largest packet that a pipeline makes (1,160 bytes with its header), for
 * which the path is known to be wide enough.
 */
const maxPayloadBytes = 1_148;
/**
 * Frames further apart than this are of different sounds (480 ticks are usual, 10,080 in DTX): what ended before
 * a silence is not repeated after it.
 */
const maxGapTicks = 2_880;

/** See the module's description. */
export class RedAudio {
  readonly #opusPayloadType: number;
  readonly #mostFrames: RedDistance;
  readonly #policy = new RedPolicy();
  /** Oldest first. */
  #earlier: readonly Frame[] = [];

  constructor(options: RedAudioOptions) {
    this.#opusPayloadType = options.opusPayloadType & 0x7f;
    this.#mostFrames = options.distance;
  }

  /** The loss in the viewer's latest report, 0–1. */
  onReport(fractionLost: number, nowMs: number): void {
    this.#policy.onReport(fractionLost, nowMs);
  }

  /** What follows has nothing to do with what was. */
  reset(): void {
    this.#earlier = [];
  }

  /**
   * The RED payload for a frame; `undefined` where none is to be repeated and the frame can be sent as it is.
   * Frames that do not fit into a packet or into the fields of the header are left out, the oldest first.
   *
   * @param payload stays unchanged after the call.
   */
  pack(payload: Buffer, timestamp: number): Buffer | undefined {
    const repeated = this.#choose(payload, timestamp);
    const last = this.#earlier.at(-1);
    const frame = { payload, timestamp };
    this.#earlier = last === undefined ? [frame] : [last, frame];
    if (repeated.length === 0) return undefined;
    return redPayload(this.#opusPayloadType, repeated, frame);
  }

  #choose(payload: Buffer, timestamp: number): Frame[] {
    const count = Math.min(this.#policy.distance, this.#mostFrames);
    const chosen: Frame[] = [];
    let bytes = lastHeaderBytes + payload.length;
    let next = timestamp;
    for (let back = 1; back <= count; back += 1) {
      const frame = this.#earlier.at(-back);
      if (frame === undefined || !mayPrecede(frame, next, timestamp)) break;
      bytes += repeatedHeaderBytes + frame.payload.length;
      if (bytes > maxPayloadBytes) break;
      chosen.unshift(frame);
      next = frame.timestamp;
    }
    return chosen;
  }
}

function mayPrecede(frame: Frame, next: number, timestamp: number): boolean {
  const gap = (next - frame.timestamp) >>> 0;
  const offset = (timestamp - frame.timestamp) >>> 0;
  return (
    gap > 0 &&
    gap <= maxGapTicks &&
    offset <= maxOffset &&
    frame.payload.length <= maxLength
  );
}

function redPayload(
  payloadType: number,
  repeated: readonly Frame[],
  frame: Frame,
): Buffer {
  const headers = Buffer.alloc(
    repeated.length * repeatedHeaderBytes + lastHeaderBytes,
  );
  repeated.forEach(({ payload, timestamp }, index) => {
    const offset = (frame.timestamp - timestamp) >>> 0;
    const fields = offset * 2 ** 10 + payload.length;
    headers.writeUInt32BE(
      (0x80 | payloadType) * 2 ** 24 + fields,
      index * repeatedHeaderBytes,
    );
  });
  headers[headers.length - 1] = payloadType;
  return Buffer.concat([
    headers,
    ...repeated.map(({ payload }) => payload),
    frame.payload,
  ]);
}
