/**
 * Keeps what is under way to a viewer within bounds: a TCP connection that is slower than the stream would otherwise
 * show the desktop of some seconds ago. Pure: all times are given.
 *
 * Frames are dropped, from the moment that too much is under way until nearly all of it has arrived; then a key
 * frame is due. How much arrived in that second is what the path takes, and what the encoder is asked for.
 */

/** Bounds of {@link SocketFlow}. */
export const flowLimits = {
  /** Content under way; beyond, the viewer is behind. */
  maxBytes: 524_288,
  /** The oldest frame under way may be this much older than the path's shortest round trip, in milliseconds. */
  maxLagMs: 300,
  /** A viewer that was behind gets frames again when less than this is under way. */
  resumeBytes: 32_768,
  /** A round trip that is known for so long may have become longer for good. */
  roundTripMemoryMs: 30_000,
  /** After so long without trouble the rate is raised. */
  raiseEveryMs: 3_000,
  minBps: 200_000,
} as const;

/** What is to become of a frame. */
export type FlowVerdict = "send" | "drop" | "drop-and-refresh";

interface UnderWay {
  sequence: number;
  bytes: number;
  sentMs: number;
}

const windowMs = 1_000;
/** The share of what arrives that the encoder is asked for: the rest is for what piled up. */
const caution = 0.8;
const raise = 1.25;

/** See the module's description. */
export class SocketFlow {
  readonly #underWay: UnderWay[] = [];
  #bytes = 0;
  #isBehind = false;
  #awaitsKeyFrame = true;
  #shortest = { ms: Infinity, atMs: -Infinity };
  #arrived: { bytes: number; atMs: number }[] = [];
  #targetBps: number | undefined;
  #steadySinceMs = -Infinity;

  /** What the encoder should be asked for, in bit/s; `undefined` for what the settings allow. */
  get targetBps(): number | undefined {
    return this.#targetBps;
  }

  /** Content under way, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether frames are dropped now. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** A frame of video is ready. `drop-and-refresh`: the next one to be sent has to be a key frame, so ask for it. */
  judgeVideo(nowMs: number, isKeyFrame: boolean): FlowVerdict {
    this.#watch(nowMs);
    if (this.#isBehind) return "drop";
    if (!this.#awaitsKeyFrame) return "send";
    if (!isKeyFrame) return "drop-and-refresh";
    this.#awaitsKeyFrame = false;
    return "send";
  }

  /** Sound is small and is missed at once: it is dropped only where video is. */
  judgeAudio(nowMs: number): FlowVerdict {
    this.#watch(nowMs);
    return this.#isBehind ? "drop" : "send";
  }

  onSent(nowMs: number, sequence: number, bytes: number): void {
    this.#underWay.push({ sequence, bytes, sentMs: nowMs });
    this.#bytes += bytes;
  }

  /**
   * The viewer has dealt with all frames up to `sequence`; a number that was never sent is ignored.
   * @returns whether it had been behind and is not any more, so that a key frame is to be asked for.
   */
  onAck(nowMs: number, sequence: number): boolean {
    const count =
      this.#underWay.findIndex((frame) => frame.sequence === sequence) + 1;
    if (count === 0) return false;
    const arrived = this.#underWay.splice(0, count);
    const bytes = arrived.reduce((sum, frame) => sum + frame.bytes, 0);
    this.#bytes -= bytes;
    this.#arrived.push({ bytes, atMs: nowMs });
    const roundTripMs = nowMs - (arrived.at(-1)?.sentMs ?? nowMs);
    const isOld = nowMs - this.#shortest.atMs > flowLimits.roundTripMemoryMs;
    if (roundTripMs <= this.#shortest.ms || isOld)
      this.#shortest = { ms: roundTripMs, atMs: nowMs };
    const isBack = this.#isBehind && this.#bytes <= flowLimits.resumeBytes;
    if (isBack) this.#isBehind = false;
    this.#raise(nowMs);
    return isBack;
  }

  /** What follows does not build on what went before. */
  reset(): void {
    this.#awaitsKeyFrame = true;
  }

  #watch(nowMs: number): void {
    if (this.#isBehind) return;
    const oldest = this.#underWay[0];
    if (oldest === undefined) return;
    const lagMs = nowMs - oldest.sentMs - Math.min(this.#shortest.ms, windowMs);
    if (this.#bytes > flowLimits.maxBytes || lagMs > flowLimits.maxLagMs)
      this.#fallBehind(nowMs);
  }

  #fallBehind(nowMs: number): void {
    this.#isBehind = true;
    this.#awaitsKeyFrame = true;
    this.#forget(nowMs);
    const bits = 8 * this.#arrived.reduce((sum, { bytes }) => sum + bytes, 0);
    const arrivedBps = (bits * 1_000) / windowMs;
    this.#targetBps = Math.max(
      flowLimits.minBps,
      Math.round(caution * Math.min(arrivedBps, this.#targetBps ?? Infinity)),
    );
    this.#steadySinceMs = nowMs;
  }

  #raise(nowMs: number): void {
    this.#forget(nowMs);
    if (this.#targetBps === undefined || this.#isBehind) return;
    if (nowMs - this.#steadySinceMs < flowLimits.raiseEveryMs) return;
    this.#steadySinceMs = nowMs;
    const raised = Math.round(this.#targetBps * raise);
    this.#targetBps = raised > 100_000_000 ? undefined : raised;
  }

  #forget(nowMs: number): void {
    const first = this.#arrived.findIndex(
      ({ atMs }) => nowMs - atMs <= windowMs,
    );
    this.#arrived.splice(0, first === -1 ? this.#arrived.length : first);
  }
}
