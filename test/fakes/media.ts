/**
 * A stream whose packets a test makes, and a writer that keeps what leaves.
 */
import type {
  MediaSink,
  MediaSource,
  MediaSubscription,
  RateWish,
} from "../../signaling/media.ts";
import type { PacketWriter } from "../../signaling/webrtc/outbound-track.ts";

/** A source with at most one sink. */
export class FakeMediaSource implements MediaSource {
  readonly clockRate: number;
  sink: MediaSink | undefined;
  keyFrameRequests = 0;
  readonly wishes: RateWish[] = [];

  constructor(clockRate = 90_000) {
    this.clockRate = clockRate;
  }

  subscribe(sink: MediaSink): MediaSubscription {
    this.sink = sink;
    return {
      wish: (wish) => this.wishes.push(wish),
      close: () => {
        this.sink = undefined;
      },
    };
  }

  requestKeyFrame(): void {
    this.keyFrameRequests += 1;
  }

  /** Sends one packet with `text` as its payload. */
  send(
    text: string,
    options: {
      timestamp?: number;
      marker?: boolean;
      startsKeyFrame?: boolean;
    } = {},
  ): void {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = (options.marker === true ? 0x80 : 0) | 96;
    header.writeUInt32BE(options.timestamp ?? 0, 4);
    this.sink?.onPacket(
      Buffer.concat([header, Buffer.from(text)]),
      options.startsKeyFrame ?? false,
    );
  }
}

/** One RTP packet as it left. */
export interface WrittenPacket {
  header: Buffer;
  payload: Buffer;
  ssrc: number;
  sequenceNumber: number;
}

/** Keeps everything that is written. */
export class RecordingWriter implements PacketWriter {
  readonly rtp: WrittenPacket[] = [];
  readonly rtcp: Buffer[] = [];

  writeRtp(
    header: Buffer,
    payload: Buffer,
    ssrc: number,
    sequenceNumber: number,
  ): void {
    this.rtp.push({ header, payload, ssrc, sequenceNumber });
  }

  writeRtcp(packet: Buffer): void {
    this.rtcp.push(packet);
  }
}
