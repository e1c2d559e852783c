/**
 * One stream of RTP on its way out of a child: cut out of a pipe, looked at, and handed to an {@link RtpSource}.
 *
 * It attaches the child to the source with the first packet, a key frame, and not before: until then another child
 * may feed the viewers (make before break).
 */
import type { Readable } from "node:stream";
import { RtpFrameDecoder } from "../rtp-framing.ts";
import { isRtcp, isRtp, saysGoodbye } from "../rtp-packets.ts";
import type { RtpFeed, RtpSource } from "../rtp-source.ts";

/** So many frames that are no RTP of this child end it; a child that works sends none. */
export const strayLimit = 32;
/** Offset of the sender's SSRC in an RTCP packet (RFC 3550, section 6.4). */
const rtcpSsrcOffset = 4;
const rtpSsrcOffset = 8;
/** Bits of extension and CSRC count in an RTP header: our pipelines make neither. */
const extendedHeaderBits = 0x1f;
/** Dynamic payload types begin here (RFC 3551, section 6). */
const firstDynamicType = 96;

/** What an intake is made from. */
export interface RtpIntakeOptions {
  /** Frames of RFC 4571. */
  pipe: Readable;
  source: RtpSource;
  /** The child, as the source knows it. */
  feed: RtpFeed;
  /** What is too much with this packet, whatever it is; `undefined` where nothing is. See `rtp-bound.ts`. */
  excess: (packet: Buffer) => string | undefined;
  /** A packet of the stream has come, the first or a later one; the source has not got it yet. */
  onPacket: (packet: Buffer) => void;
  /** Whether the source is to have a packet of the stream; all where absent. */
  admit?: (packet: Buffer) => boolean;
  /** The stream has come to its end. */
  onGoodbye: () => void;
  /** The child does not do its work. */
  onGarbage: (what: string) => void;
}

/** See the module's description. */
export class RtpIntake {
  /** Settles with the first packet; never where none comes. */
  readonly firstPacket: Promise<undefined>;
  readonly #options: RtpIntakeOptions;
  readonly #resolveFirst: (value: undefined) => void;
  #ssrc: number | undefined;
  #strays = 0;
  #isClosed = false;

  constructor(options: RtpIntakeOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.firstPacket = promise;
    this.#resolveFirst = resolve;
    const decoder = new RtpFrameDecoder((packet) => {
      this.#onFrame(packet);
    });
    options.pipe.on("data", (chunk: Buffer) => {
      if (!this.#isClosed) decoder.write(chunk);
    });
  }

  /** SSRC of its packets; 0 before the first. */
  get ssrc(): number {
    return this.#ssrc ?? 0;
  }

  /** From here on nothing reaches the source: what is left in the pipe must not attach the child again. */
  close(): void {
    this.#isClosed = true;
    this.#options.source.detach(this.#options.feed);
  }

  #onFrame(packet: Buffer): void {
    if (this.#isClosed) return;
    const what = this.#options.excess(packet);
    if (what !== undefined) this.#options.onGarbage(what);
    else if (isRtcp(packet)) this.#onRtcp(packet);
    else if (!isRtp(packet)) this.#onStray();
    else if (this.#ssrc === undefined) this.#onEarlyRtp(packet);
    else if (packet.readUInt32BE(rtpSsrcOffset) !== this.#ssrc) this.#onStray();
    else this.#deliver(packet);
  }

  #deliver(packet: Buffer): void {
    const { source, feed, onPacket, admit } = this.#options;
    onPacket(packet);
    if (admit === undefined || admit(packet)) source.push(feed, packet);
  }

  /** What comes before the first key frame is of no use to anybody. */
  #onEarlyRtp(packet: Buffer): void {
    const { source, feed } = this.#options;
    const hasPlainHeader = ((packet[0] ?? 0) & extendedHeaderBits) === 0;
    const payloadType = (packet[1] ?? 0) & 0x7f;
    if (!hasPlainHeader || payloadType < firstDynamicType) {
      this.#onStray();
      return;
    }
    if (!source.startsKeyFrame(packet)) return;
    this.#ssrc = packet.readUInt32BE(rtpSsrcOffset);
    source.attach(feed);
    this.#deliver(packet);
    this.#resolveFirst(undefined);
  }

  #onRtcp(packet: Buffer): void {
    if ((packet[0] ?? 0) >> 6 !== 2 || packet.length < 8) {
      this.#onStray();
      return;
    }
    if (this.#ssrc === undefined) return;
    if (packet.readUInt32BE(rtcpSsrcOffset) !== this.#ssrc) {
      this.#onStray();
      return;
    }
    const { source, feed, onGoodbye } = this.#options;
    source.push(feed, packet);
    if (saysGoodbye(packet)) onGoodbye();
  }

  #onStray(): void {
    this.#strays += 1;
    if (this.#strays < strayLimit) return;
    this.#options.onGarbage(`${this.#strays} frames that are not its RTP`);
  }
}
