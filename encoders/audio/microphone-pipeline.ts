/**
 * The launch description that plays a viewer's Opus, which comes on standard input, into a sink of the sound server.
 */
import { opusClockRate } from "../audio-pipeline.ts";

/** Payload type of the packets that are written to it. */
export const speechPayloadType = 111;

/**
 * A packet may be this much later than the fastest, in milliseconds; what is later still is lost, and made up from its
 * neighbours. What waits beyond it is dropped, so that a stall of the network does not stay as a delay; with 40, two of
 * the browser's packets, a machine with several times the work that it can do had it drop a tenth of all sound (jitter
 * of 30 ms, measured; with 60 a five-hundredth). An idle machine drops nothing with either.
 */
const jitterMs = 60;
/** What the sound server holds, in microseconds: three of the browser's packets. */
const bufferUs = 60_000;
const periodUs = 10_000;

/** A message of gst-launch: from now on it reads. */
export const readingMessage = /^New clock: /;
/** A message of gst-launch: the sound server has a stream of it, and what was decoded is in there. */
export const playingMessage = /\(async-done\)/;

/**
 * Arguments of gst-launch. Standard input carries RTP with its length in front of each packet (RFC 4571); messages go to
 * standard output.
 *
 * The sink plays what comes when it comes (`sync=false`), and so drifts with the browser's clock, within its buffer: a
 * clock that is slow leaves it empty for a moment, and behind one that is fast the jitter buffer is filled and drops.
 * In step with the pipeline's clock it would jump: the sound server's clock goes by the pieces that a null sink renders
 * (measured: corrected by 20 ms twice a second).
 * @param sink name of the sink.
 */
export function microphoneLaunchArgs(sink: string): string[] {
  const caps = `application/x-rtp-stream,media=audio,clock-rate=${opusClockRate},encoding-name=OPUS,payload=${speechPayloadType}`;
  return [
    "--messages",
    ...["fdsrc", "fd=0", "do-timestamp=true", "!", caps, "!"],
    ...["rtpstreamdepay", "!"],
    ...["rtpjitterbuffer", `latency=${jitterMs}`, "do-lost=true"],
    ...["drop-on-latency=true", "!"],
    ...["rtpopusdepay", "!"],
    ...["opusdec", "plc=true", "use-inband-fec=true", "!"],
    ...["audioconvert", "!", "audioresample", "!"],
    ...["pulsesink", `device=${sink}`, "sync=false"],
    ...["client-name=streamspace", "enable-last-sample=false"],
    ...[`buffer-time=${bufferUs}`, `latency-time=${periodUs}`],
  ];
}
