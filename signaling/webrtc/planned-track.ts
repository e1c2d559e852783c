/**
 * A track to one viewer: planned with the offer, started once both sides have agreed on it.
 *
 * It sees a transceiver through the narrow interface below, which werift's objects satisfy.
 */
import type { Clock } from "../../agent/base/clock.ts";
import type { MediaSource } from "../media.ts";
import type { VideoCodec } from "../protocol.ts";
import { OutboundTrack, type PacketWriter } from "./outbound-track.ts";
import { sentCodecs, type AgreedCodec } from "./sent-codecs.ts";
import { constantExtensions } from "./session-codecs.ts";

/** Two frames of 10 ms: more would cost bits, and losses of three packets in a row are rare. */
const redDistance = 2;

/** An m-section that was offered as `sendonly`, and what has come of it. */
export interface SendingTransceiver {
  readonly rejected: boolean;
  readonly stopped: boolean;
  readonly currentDirection: string | null;
  readonly mid: string | null;
  /** Those that both sides kept. */
  readonly codecs: readonly AgreedCodec[];
  /** Likewise. */
  readonly headerExtensions: readonly { id: number; uri: string }[];
  readonly sender: { readonly ssrc: number; readonly rtxSsrc: number };
}

/** What a track is to be made from. */
export interface PlannedTrack {
  readonly transceiver: SendingTransceiver;
  readonly source: MediaSource;
  /** What is sent to a viewer who takes more channels. */
  readonly surround?: MediaSource;
  /** `undefined` for sound. */
  readonly videoCodec: VideoCodec | undefined;
}

/** Whether the viewer takes what was offered. */
export function isAccepted(
  transceiver: SendingTransceiver | undefined,
): boolean {
  return (
    transceiver !== undefined &&
    !transceiver.rejected &&
    !transceiver.stopped &&
    transceiver.currentDirection === "sendonly"
  );
}

/** Starts the track; `undefined` where none was planned, or the viewer takes none. */
export function startTrack(
  plan: PlannedTrack | undefined,
  {
    writer,
    clock,
    cname,
  }: { writer: PacketWriter; clock: Clock; cname: string },
): OutboundTrack | undefined {
  if (plan === undefined || !isAccepted(plan.transceiver)) return undefined;
  const { transceiver, videoCodec } = plan;
  const codecs = sentCodecs(transceiver.codecs);
  if (codecs === undefined) return undefined;
  const { payloadType, rtx, red, isSurround } = codecs;
  const isVideo = videoCodec !== undefined;
  return new OutboundTrack({
    source: (isSurround ? plan.surround : undefined) ?? plan.source,
    writer,
    clock,
    cname,
    ssrc: transceiver.sender.ssrc,
    payloadType,
    extensions: constantExtensions(
      transceiver.headerExtensions,
      transceiver.mid,
      videoCodec,
    ),
    rtx:
      rtx === undefined
        ? undefined
        : { ssrc: transceiver.sender.rtxSsrc, payloadType: rtx },
    ...(red === undefined
      ? {}
      : {
          red: {
            payloadType: red,
            opusPayloadType: payloadType,
            distance: redDistance,
          },
        }),
    fec: !isVideo && red === undefined && !isSurround,
    startAtKeyFrame: isVideo,
  });
}
