/**
 * One media stream on its way to one viewer: rewrites packets, remembers them, sends them again,
 * reports on them. Synchronous throughout; nothing is queued here.
 */
import { randomInt } from "node:crypto";
import type { Clock } from "../../agent/base/clock.ts";
import { onSharedTicks } from "../../agent/base/shared-ticks.ts";
import type {
  MediaSink,
  MediaSource,
  MediaSubscription,
  MediaTimeReference,
} from "../media.ts";
import { FecPolicy } from "./fec-policy.ts";
import { KeyFrameNeed } from "./key-frame-need.ts";
import { RedAudio, type RedAudioOptions } from "./audio-red.ts";
import { compactNtp, ntpFromUnixMs, senderReport } from "./rtcp.ts";
import { RtpContinuity } from "./rtp-continuity.ts";
import { RtpHeaderTemplate, type ConstantExtension } from "./rtp-header.ts";
import { SendHistory } from "./send-history.ts";

/** Where packets leave. Implementations drop what they cannot send at once. */
export interface PacketWriter {
  /** Encrypts and sends; `sequenceNumber` and `ssrc` are those in `header`. */
  writeRtp(
    header: Buffer,
    payload: Buffer,
    ssrc: number,
    sequenceNumber: number,
  ): void;
  writeRtcp(packet: Buffer): void;
}

/** What a track is made from; the numbers come out of the SDP negotiation. */
export interface OutboundTrackOptions {
  source: MediaSource;
  writer: PacketWriter;
  clock: Clock;
  cname: string;
  ssrc: number;
  payloadType: number;
  extensions: readonly ConstantExtension[];
  /** Retransmission stream (RFC 4588), where it was negotiated. */
  rtx: { ssrc: number; payloadType: number } | undefined;
  /**
   * Redundant audio (RFC 2198), where it was negotiated beside Opus. Used while the viewer reports loss;
   * otherwise packets have the payload type of Opus.
   */
  red?: RedAudioOptions & {
    /** Of RED itself. */
    payloadType: number;
  };
  /** Ask for in-band FEC of Opus while the viewer reports loss: where it takes no {@link red}. */
  fec?: boolean;
  /** Hold packets back until a key frame begins: a decoder can do nothing with what comes before. */
  startAtKeyFrame: boolean;
}

/** Counts since the start, for statistics. */
export interface OutboundTrackStats {
  packetsSent: number;
  bytesSent: number;
  packetsResent: number;
  /** Packets that carried redundant audio. */
  redPacketsSent: number;
  /** Packets held back before the first key frame. */
  packetsHeldBack: number;
  /** Loss in the last report interval, 0–1. */
  fractionLost: number;
  /** Last measured round trip; `undefined` until a report refers to one of ours. */
  roundTripMs: number | undefined;
}

/** One part of a receiver report (RFC 3550, section 6.4.1). */
export interface ReportBlock {
  /** 0–1. */
  fractionLost: number;
  /** Extended by its cycles. */
  highestSequence: number;
  lastSenderReport: number;
  /** In units of 1/65536 s. */
  delaySinceLastSenderReport: number;
}

const incomingHeaderBytes = 12;
const senderReportIntervalMs = 1_000;
/** While nothing is sent. RFC 3550 asks for no more (section 6.2). */
const idleReportIntervalMs = 5_000;
/** Round trips of up to as many seconds can be measured. */
const rememberedReports = 5;
/** A receiver repeats its NACKs every 10–20 ms; answering each would double the loss it suffers from. */
const resendFloorMs = 15;

/** See the module's description. */
export class OutboundTrack implements MediaSink {
  readonly #options: OutboundTrackOptions;
  readonly #continuity: RtpContinuity;
  readonly #headers: RtpHeaderTemplate;
  readonly #rtxHeaders: RtpHeaderTemplate | undefined;
  readonly #history = new SendHistory();
  readonly #keyFrameNeed = new KeyFrameNeed();
  readonly #red: { audio: RedAudio; headers: RtpHeaderTemplate } | undefined;
  readonly #subscription: MediaSubscription;
  readonly #fec: FecPolicy | undefined;
  readonly #endReports: () => void;
  #rtxSequence = randomInt(0x1_0000);
  #reference: MediaTimeReference | undefined;
  /** The latest sender reports, newest last: a receiver report may refer to any of them. */
  #reports: { compact: number; sentMs: number }[] = [];
  /** Packets that had been sent at the last report. */
  #reportedPackets = 0;
  #awaitsKeyFrame: boolean;
  #stats: OutboundTrackStats = {
    packetsSent: 0,
    bytesSent: 0,
    packetsResent: 0,
    redPacketsSent: 0,
    packetsHeldBack: 0,
    fractionLost: 0,
    roundTripMs: undefined,
  };

  /** Subscribes to the source and, where needed, asks for a key frame at once. */
  constructor(options: OutboundTrackOptions) {
    this.#options = options;
    this.#awaitsKeyFrame = options.startAtKeyFrame;
    this.#continuity = new RtpContinuity({
      clockRate: options.source.clockRate,
      firstSequence: randomInt(0x8000), // lower half: SRTP wants no early roll-over (RFC 3711, 3.3.1)
      firstTimestamp: randomInt(2 ** 31),
    });
    this.#headers = new RtpHeaderTemplate(options);
    this.#rtxHeaders =
      options.rtx === undefined
        ? undefined
        : new RtpHeaderTemplate({
            ...options.rtx,
            extensions: options.extensions,
          });
    this.#red =
      options.red === undefined
        ? undefined
        : {
            audio: new RedAudio(options.red),
            headers: new RtpHeaderTemplate({
              ...options,
              payloadType: options.red.payloadType,
            }),
          };
    this.#fec = options.fec === true ? new FecPolicy() : undefined;
    this.#subscription = options.source.subscribe(this);
    if (options.startAtKeyFrame) options.source.requestKeyFrame();
    this.#endReports = onSharedTicks(senderReportIntervalMs, () => {
      this.#reportWhenDue();
    });
  }

  get stats(): Readonly<OutboundTrackStats> {
    return this.#stats;
  }

  onPacket(packet: Buffer, startsKeyFrame: boolean): void {
    if (this.#awaitsKeyFrame) {
      if (!startsKeyFrame) {
        this.#stats.packetsHeldBack += 1;
        return;
      }
      this.#awaitsKeyFrame = false;
    }
    const { ssrc, writer, clock } = this.#options;
    const nowMs = clock.nowMs();
    const sequenceNumber = this.#continuity.nextSequence();
    const timestamp = this.#continuity.timestamp(packet.readUInt32BE(4), nowMs);
    const marker = ((packet[1] ?? 0) & 0x80) !== 0;
    const frame = packet.subarray(incomingHeaderBytes);
    const redundant = this.#red?.audio.pack(frame, timestamp);
    if (redundant !== undefined) this.#stats.redPacketsSent += 1;
    const payload = redundant ?? frame;
    const headers =
      redundant === undefined ? this.#headers : this.#red?.headers;
    const header = (headers ?? this.#headers).header(
      sequenceNumber,
      timestamp,
      marker,
    );
    writer.writeRtp(header, payload, ssrc, sequenceNumber);
    this.#keyFrameNeed.onSent(sequenceNumber, nowMs);
    this.#stats.packetsSent += 1;
    this.#stats.bytesSent += payload.length;
    if (this.#rtxHeaders !== undefined) {
      this.#history.add({
        sequenceNumber,
        header,
        payload,
        sentMs: nowMs,
        resentMs: 0,
      });
    }
    // Until the first report arrives the browser cannot synchronise sound and picture.
    if (this.#reports.length === 0) this.#sendReport();
  }

  onSenderReport(reference: MediaTimeReference): void {
    this.#reference = reference;
    if (this.#reports.length === 0) this.#sendReport();
  }

  onReset(): void {
    this.#continuity.reset();
    this.#red?.audio.reset();
    this.#reference = undefined;
    this.#reports = [];
    this.#awaitsKeyFrame = this.#options.startAtKeyFrame;
  }

  /** The viewer cannot decode: PLI or FIR. */
  onKeyFrameRequest(): void {
    const { clock, source } = this.#options;
    if (this.#keyFrameNeed.onRequest(clock.nowMs())) source.requestKeyFrame();
  }

  /** The viewer misses packets (generic NACK, RFC 4585, section 6.2.1). */
  onNack(sequenceNumbers: readonly number[]): void {
    const { rtx, writer, clock } = this.#options;
    if (rtx === undefined || this.#rtxHeaders === undefined) return;
    const nowMs = clock.nowMs();
    for (const lost of sequenceNumbers) {
      const packet = this.#history.find(lost, nowMs);
      if (packet === undefined || nowMs - packet.resentMs < resendFloorMs)
        continue;
      packet.resentMs = nowMs;
      const original = Buffer.allocUnsafe(2);
      original.writeUInt16BE(lost, 0);
      const sequenceNumber = this.#rtxSequence;
      this.#rtxSequence = (sequenceNumber + 1) & 0xffff;
      const header = this.#rtxHeaders.header(
        sequenceNumber,
        packet.header.readUInt32BE(4),
        ((packet.header[1] ?? 0) & 0x80) !== 0,
      );
      const payload = Buffer.concat([original, packet.payload]);
      writer.writeRtp(header, payload, rtx.ssrc, sequenceNumber);
      this.#stats.packetsResent += 1;
    }
  }

  onReportBlock(block: ReportBlock): void {
    this.#stats.fractionLost = block.fractionLost;
    this.#keyFrameNeed.onReport(block.highestSequence);
    const nowMs = this.#options.clock.nowMs();
    this.#red?.audio.onReport(block.fractionLost, nowMs);
    if (this.#fec?.onReport(block.fractionLost, nowMs) === true)
      this.#subscription.wish({ fecLossPercent: this.#fec.percent });
    const report = this.#reports.find(
      ({ compact }) => compact === block.lastSenderReport,
    );
    if (report === undefined) return;
    const delayMs = (block.delaySinceLastSenderReport * 1_000) / 65_536;
    const sinceMs = nowMs - report.sentMs;
    this.#stats.roundTripMs = Math.max(0, sinceMs - delayMs);
  }

  /** Bit/s that this viewer can take, as its path is now; `undefined` for what the settings allow. */
  setTargetBps(targetBps: number | undefined): void {
    this.#subscription.wish({ targetBps });
  }

  /** Frames per second that this viewer can take; `undefined` for what the settings allow. */
  setFps(frameRate: number | undefined): void {
    this.#subscription.wish({ frameRate });
  }

  /** Ends the subscription, with what it wished for, and the reports; idempotent. */
  close(): void {
    this.#endReports();
    this.#subscription.close();
    this.#history.clear();
  }

  #reportWhenDue(): void {
    const sinceMs =
      this.#options.clock.nowMs() - (this.#reports.at(-1)?.sentMs ?? -Infinity);
    const isIdle = this.#stats.packetsSent === this.#reportedPackets;
    if (!isIdle || sinceMs >= idleReportIntervalMs) this.#sendReport();
  }

  #sendReport(): void {
    const { clock, ssrc, cname, writer } = this.#options;
    if (this.#reference === undefined) return;
    const ntp = ntpFromUnixMs(clock.wallMs());
    const rtpTimestamp = this.#continuity.timestampAt(ntp, this.#reference);
    if (rtpTimestamp === undefined) return;
    this.#reports.push({ compact: compactNtp(ntp), sentMs: clock.nowMs() });
    if (this.#reports.length > rememberedReports) this.#reports.shift();
    this.#reportedPackets = this.#stats.packetsSent;
    writer.writeRtcp(
      senderReport({
        ssrc,
        ntp,
        rtpTimestamp,
        packetCount: this.#stats.packetsSent,
        octetCount: this.#stats.bytesSent,
        cname,
      }),
    );
  }
}
