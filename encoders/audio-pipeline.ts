/**
 * The launch description that records a PulseAudio source and encodes it as Opus.
 */
import {
  elementNames,
  rtpElements,
  rtpLaunchArgs,
  rtpMtu,
  type Pipeline,
  type Stage,
} from "./pipeline.ts";

/** What an audio pipeline is made from. */
export interface AudioPipelineOptions {
  /** PulseAudio server, e.g. `unix:/run/user/1000/pulse/native`. */
  pulseServer: string;
  /** Source to record, usually the monitor of the session's sink. */
  device: string;
  /** Target in bit/s. */
  bitrateBps: number;
}

/** RTP clock of Opus, whatever the audio's own rate (RFC 7587, section 4.1). */
export const opusClockRate = 48_000;

/** Opus frame, and period of the recording, in milliseconds. */
const frameMs = 10;

/** The pipeline for `options`: 48 kHz stereo in frames of 10 ms. */
export function audioPipeline(options: AudioPipelineOptions): Pipeline {
  const stages: Stage[] = [
    {
      name: "pulsesrc",
      properties: {
        server: options.pulseServer,
        device: options.device,
        // Microseconds. PulseAudio delivers in pieces of latency-time; its default is 200 ms behind.
        "buffer-time": 4 * frameMs * 1_000,
        "latency-time": frameMs * 1_000,
        // The machine's clock, so that capture times compare with those of the video.
        "provide-clock": false,
      },
    },
    { name: `audio/x-raw,rate=${opusClockRate},channels=2` },
    { name: "audioconvert" },
    {
      name: "opusenc",
      properties: {
        bitrate: options.bitrateBps,
        "audio-type": "restricted-lowdelay",
        "frame-size": frameMs,
      },
    },
    { name: "rtpopuspay", properties: { mtu: rtpMtu, pt: 97 } },
  ];
  return {
    name: "audio-opus",
    encoder: "opusenc",
    elements: [...elementNames(stages), ...rtpElements],
    clockRate: opusClockRate,
    args: rtpLaunchArgs(stages),
  };
}
