/**
 * The launch description that plays a viewer's Opus, which comes on standard input, into a sink of the sound server.
 */
import { opusClockRate } from "../audio-pipeline.ts";

/** Payload type of the packets that are written to it. */
export const microphonePayloadType = 111;

/**
 * A packet may be this much later than the fastest, in milliseconds; what is later still is lost, and made up from its
 * neighbours. Browsers send 20 ms in a packet.
 */
const jitterMs = 40;
/** What the sound server holds, in microseconds: three of the browser's packets. */
const bufferUs = 60_000;
const periodUs = 10_000;

/** Elements that it needs. */
export const microphoneElements = [
  "fdsrc",
  "rtpstreamdepay",
  "rtpjitterbuffer",
  "rtpopusdepay",
  "opusdec",
  "audioconvert",
  "audioresample",
  "pulsesink",
] as const;

/**
 * Arguments of gst-launch. Standard input carries RTP with its length in front of each packet (RFC 4571).
 *
 * The sink plays what comes when it comes (`sync=false`): in step with the pipeline's clock, which is not the browser's,
 * it would fall silent sooner or later. What piles up is bounded by the jitter buffer, which drops what is too old.
 * @param sink name of the sink.
 */
export function microphoneLaunchArgs(sink: string): string[] {
  const caps = `application/x-rtp-stream,media=audio,clock-rate=${opusClockRate},encoding-name=OPUS,payload=${microphonePayloadType}`;
  return [
    "-q",
    ...["fdsrc", "fd=0", "do-timestamp=true", "!", caps, "!"],
    ...["rtpstreamdepay", "!"],
    ...["rtpjitterbuffer", `latency=${jitterMs}`, "do-lost=true"],
    ...["drop-on-latency=true", "!"],
    ...["rtpopusdepay", "!"],
    ...["opusdec", "plc=true", "use-inband-fec=true", "!"],
    ...["audioconvert", "!", "audioresample", "!"],
    ...["pulsesink", `device=${sink}`, "sync=false"],
    ...[`buffer-time=${bufferUs}`, `latency-time=${periodUs}`],
  ];
}
