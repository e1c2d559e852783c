/**
 * The one module that knows werift.
 *
 * werift does ICE, DTLS, SRTP, SCTP and SDP. The packet path does not go through its senders: they
 * make a promise and several objects for each packet, keep 128 packets for retransmission, ignore
 * FIR and stamp sender reports with the time of sending. {@link OutboundTrack} does that work, and
 * `srtp-writer.ts` sends its packets with werift's SRTP session to the nominated candidate pair.
 */
import {
  GenericNack,
  PictureLossIndication,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  RtcpPayloadSpecificFeedback,
  RtcpRrPacket,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
  UdpTransport,
  type RTCDataChannel,
  type RTCDtlsTransport,
  type RtcpPacket,
  type RtpHeader,
} from "werift";
import type { Clock } from "../../agent/base/clock.ts";
import { settlesWithin } from "../../agent/base/deadline.ts";
import { messageOf, StreamSpaceError } from "../../agent/base/errors.ts";
import type { Logger } from "../../agent/base/log.ts";
import { once } from "../../agent/base/shutdown.ts";
import type { AudioOffer } from "../media.ts";
import { channelLabels, limits, type VideoCodec } from "../protocol.ts";
import { advertisedCandidates } from "./advertised-candidates.ts";
import type { OutboundTrack } from "./outbound-track.ts";
import type {
  IceCandidateInit,
  NegotiatedMedia,
  Peer,
  PeerFactory,
  PeerOptions,
  PeerStats,
} from "./peer.ts";
import { isAccepted, startTrack, type PlannedTrack } from "./planned-track.ts";
import { plainPacket } from "./rtp-header.ts";
import {
  audioCodecDescriptions,
  extensionUris,
  speechCodecDescription,
  videoCodecDescriptions,
  videoExtensionUris,
  type CodecDescription,
} from "./session-codecs.ts";
import {
  announceAsUnordered,
  withBindErrors,
  withChannels,
  withoutDefaultStun,
  withPreparedKeys,
} from "./werift-remedies.ts";
import { SrtpWriter, type SrtpTransport } from "./srtp-writer.ts";

withBindErrors(UdpTransport);

const closeTimeoutMs = 1_000;

/** Returns a factory of peers that use `clock` and `log`. */
export function weriftPeers(options: {
  clock: Clock;
  log: Logger;
}): PeerFactory {
  return (peerOptions) => new WeriftPeer(peerOptions, options);
}

class WeriftPeer implements Peer {
  readonly close = once(() => this.#end());
  readonly #options: PeerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #connection: RTCPeerConnection;
  readonly #video: PlannedTrack | undefined;
  readonly #audio: PlannedTrack | undefined;
  #tracks: { video?: OutboundTrack; audio?: OutboundTrack } = {};
  #answered = false;
  #closed = false;

  constructor(options: PeerOptions, shared: { clock: Clock; log: Logger }) {
    this.#options = options;
    this.#clock = shared.clock;
    this.#log = shared.log;
    this.#connection = createConnection(options);
    this.#video = this.#plan(options.video, options.video?.codec);
    this.#audio = this.#plan(options.audio, undefined);
    const { onSpeech } = options.listener;
    if (onSpeech !== undefined) this.#listenTo(onSpeech);
    this.#openChannels();
    withoutDefaultStun(this.#connection.iceTransports, options.ice);
    this.#listen();
  }

  async offer(): Promise<string> {
    const offer = await this.#connection.createOffer();
    // Gathering may take seconds with a slow STUN server; candidates trickle, so the offer leaves now.
    this.#connection.setLocalDescription(offer).catch((error: unknown) => {
      if (this.#closed) return;
      this.#log.warn(
        { reason: messageOf(error) },
        "the local description was refused",
      );
      this.#options.listener.onState("failed");
    });
    return offer.sdp;
  }

  async answer(sdp: string): Promise<NegotiatedMedia> {
    try {
      await this.#connection.setRemoteDescription({ type: "answer", sdp });
    } catch (error) {
      // Without the library's message: it may quote the SDP.
      throw new StreamSpaceError(
        "negotiation-failed",
        "the answer does not fit the offer",
        { cause: error },
      );
    }
    this.#answered = true;
    this.#startTracks();
    return {
      video: isAccepted(this.#video?.transceiver),
      audio: isAccepted(this.#audio?.transceiver),
    };
  }

  async addCandidate(candidate: IceCandidateInit | null): Promise<void> {
    try {
      await this.#connection.addIceCandidate(
        candidate === null
          ? null
          : {
              candidate: candidate.candidate,
              ...(candidate.sdpMid == null ? {} : { sdpMid: candidate.sdpMid }),
              ...(candidate.sdpMLineIndex == null
                ? {}
                : { sdpMLineIndex: candidate.sdpMLineIndex }),
            },
      );
    } catch (error) {
      throw new StreamSpaceError(
        "negotiation-failed",
        "the ICE candidate cannot be used",
        { cause: error },
      );
    }
  }

  stats(): PeerStats {
    return {
      video: this.#tracks.video?.stats,
      audio: this.#tracks.audio?.stats,
    };
  }

  setTargetBps(targetBps: number | undefined): void {
    this.#tracks.video?.setTargetBps(targetBps);
  }

  setFps(frameRate: number | undefined): void {
    this.#tracks.video?.setFps(frameRate);
  }

  /** @param videoCodec `undefined` for sound. */
  #plan(
    offered: AudioOffer | undefined,
    videoCodec: VideoCodec | undefined,
  ): PlannedTrack | undefined {
    if (offered === undefined) return undefined;
    const { source, surround } = offered;
    const transceiver = this.#connection.addTransceiver(
      videoCodec === undefined ? "audio" : "video",
      { direction: "sendonly" },
    );
    return {
      ...{ transceiver, source, videoCodec },
      ...(surround === undefined ? {} : { surround: surround.source }),
    };
  }

  /** A place in the offer for the viewer's microphone; until something comes it costs nothing. */
  #listenTo(take: (packet: Buffer) => void): void {
    const transceiver = this.#connection.addTransceiver("audio", {
      direction: "recvonly",
    });
    transceiver.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe(({ header, payload }) => {
        if (this.#closed || payload.length === 0) return;
        take(plainPacket(header, payload));
      });
    });
  }

  #openChannels(): void {
    const motion = this.#connection.createDataChannel(channelLabels.motion, {
      ordered: false,
      maxRetransmits: 0,
    });
    announceAsUnordered(motion);
    this.#onMessages(motion);
    this.#onMessages(this.#connection.createDataChannel(channelLabels.input));
  }

  #onMessages(channel: RTCDataChannel): void {
    channel.onMessage.subscribe((message) => {
      if (this.#closed) return;
      // Binary and oversized messages are answered as what they are: not part of the protocol.
      const text =
        typeof message === "string" && message.length <= limits.inputBytes
          ? message
          : "";
      this.#options.listener.onInput(text);
    });
  }

  #listen(): void {
    const { listener, ice } = this.#options;
    this.#connection.onIceCandidate.subscribe((candidate) => {
      if (this.#closed) return;
      if (candidate === undefined) {
        listener.onCandidate(null);
        return;
      }
      const { candidate: line, ...place } = candidate.toJSON();
      for (const each of [
        line,
        ...advertisedCandidates(line, ice.advertisedAddresses),
      ]) {
        listener.onCandidate({ ...place, candidate: each });
      }
    });
    this.#connection.connectionStateChange.subscribe((state) => {
      if (this.#closed) return;
      if (state === "connected") this.#startTracks();
      listener.onState(state);
    });
  }

  /** Media starts when both the answer has been applied and the transport is there, in either order. */
  #startTracks(): void {
    const transport = this.#connection.dtlsTransports[0];
    if (!this.#answered || this.#closed || transport?.state !== "connected")
      return;
    if (this.#tracks.video !== undefined || this.#tracks.audio !== undefined)
      return;
    withPreparedKeys([transport.srtp, transport.srtcp]);
    const writer = new SrtpWriter(srtpTransport(transport));
    const { cname } = this.#connection;
    const sending = { writer, cname, clock: this.#clock };
    const video = startTrack(this.#video, sending);
    const audio = startTrack(this.#audio, sending);
    this.#tracks = {
      ...(video === undefined ? {} : { video }),
      ...(audio === undefined ? {} : { audio }),
    };
    transport.onRtcp.subscribe((packet) => {
      if (this.#closed) return;
      if (video !== undefined && this.#video !== undefined) {
        deliverRtcp(packet, this.#video.transceiver.sender.ssrc, video);
      }
      if (audio !== undefined && this.#audio !== undefined) {
        deliverRtcp(packet, this.#audio.transceiver.sender.ssrc, audio);
      }
    });
  }

  async #end(): Promise<void> {
    this.#closed = true;
    this.#tracks.video?.close();
    this.#tracks.audio?.close();
    const closing = this.#connection.close();
    closing.catch((error: unknown) => {
      this.#log.debug(
        { reason: messageOf(error) },
        "a peer did not close in order",
      );
    });
    await settlesWithin(closing, closeTimeoutMs);
  }
}

/** werift's transport as the writer sees it. */
function srtpTransport(transport: RTCDtlsTransport): SrtpTransport {
  return {
    // Its type asks for a whole RtpHeader; its ciphers read what a WrittenHeader has.
    encryptRtp: (payload, header) =>
      transport.srtp.encrypt(payload, header as unknown as RtpHeader),
    encryptRtcp: (packet) => transport.srtcp.encrypt(packet),
    connection: transport.iceTransport.connection,
  };
}

function createConnection({
  ice,
  video,
  audio,
  listener,
}: PeerOptions): RTCPeerConnection {
  // One object for both kinds: werift numbers extensions by object, and a bundle wants one number each.
  const mid = new RTCRtpHeaderExtensionParameters({ uri: extensionUris.mid });
  return new RTCPeerConnection({
    iceServers: ice.iceServers.map((server) => ({
      urls: server.urls,
      ...(server.username === undefined ? {} : { username: server.username }),
      ...(server.credential === undefined
        ? {}
        : { credential: server.credential }),
    })),
    iceTransportPolicy: ice.iceTransportPolicy,
    icePortRange:
      ice.portRange === undefined
        ? undefined
        : [ice.portRange.min, ice.portRange.max],
    bundlePolicy: "max-bundle",
    codecs: {
      video:
        video === undefined
          ? []
          : videoCodecDescriptions(video.codec).map(codecParameters),
      audio: [
        ...(audio === undefined
          ? []
          : audioCodecDescriptions(audio.surround).map((codec) =>
              codecParameters({ ...codec, direction: "sendonly" }),
            )),
        ...(listener.onSpeech === undefined
          ? []
          : [
              codecParameters({
                ...speechCodecDescription,
                direction: "recvonly",
              }),
            ]),
      ],
    },
    headerExtensions: {
      audio: [mid],
      video: [
        mid,
        ...videoExtensionUris(video?.codec).map(
          (uri) => new RTCRtpHeaderExtensionParameters({ uri }),
        ),
      ],
    },
  });
}

/** @param description with the directions of m-sections that have it; all where absent. */
function codecParameters(
  description: CodecDescription & { direction?: "sendonly" | "recvonly" },
): RTCRtpCodecParameters {
  return withChannels(new RTCRtpCodecParameters(description));
}

/** Hands the parts of an RTCP packet that concern `ssrc` to its track. */
function deliverRtcp(
  packet: RtcpPacket,
  ssrc: number,
  track: OutboundTrack,
): void {
  if (packet instanceof RtcpRrPacket || packet instanceof RtcpSrPacket) {
    for (const report of packet.reports) {
      if (report.ssrc !== ssrc) continue;
      track.onReportBlock({
        fractionLost: report.fractionLost / 256,
        highestSequence: report.highestSequence,
        lastSenderReport: report.lsr,
        delaySinceLastSenderReport: report.dlsr,
      });
    }
  } else if (packet instanceof RtcpTransportLayerFeedback) {
    const { feedback } = packet;
    if (feedback instanceof GenericNack && feedback.mediaSourceSsrc === ssrc) {
      track.onNack(feedback.lost);
    }
  } else if (packet instanceof RtcpPayloadSpecificFeedback) {
    if (asksForKeyFrame(packet, ssrc)) track.onKeyFrameRequest();
  }
}

/** PLI names its stream in the header (RFC 4585, 6.3.1), FIR in its entries (RFC 5104, 4.3.1). */
function asksForKeyFrame(
  packet: RtcpPayloadSpecificFeedback,
  ssrc: number,
): boolean {
  // `undefined` for a format that werift does not know; its type does not say so.
  const feedback = packet.feedback as typeof packet.feedback | undefined;
  if (feedback === undefined) return false;
  if (feedback instanceof PictureLossIndication) {
    return feedback.mediaSsrc === ssrc;
  }
  return "fir" in feedback && feedback.fir.some((entry) => entry.ssrc === ssrc);
}
