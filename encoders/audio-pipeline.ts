/**
 * The launch description that reads the session's sound from a FIFO and encodes it as Opus.
 *
 * The sound server writes into the FIFO while something plays and nothing while all is silent, so silence
 * costs nothing in either process, and the first sample of a sound that follows is in it like any other.
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
  /** FIFO with 32-bit float samples, little endian, 48 kHz, stereo, interleaved. */
  fifo: string;
  /** Target in bit/s. */
  bitrateBps: number;
}

/** RTP clock of Opus, whatever the audio's own rate (RFC 7587, section 4.1). */
export const opusClockRate = 48_000;

/** Opus frame, and amount that is read at once, in milliseconds. */
const frameMs = 10;
const channels = 2;
const bytesPerSample = 4;

/** The pipeline for `options`: 48 kHz stereo in frames of 10 ms. */
export function audioPipeline(options: AudioPipelineOptions): Pipeline {
  const stages: Stage[] = [
    {
      name: "filesrc",
      properties: {
        location: options.fifo,
        blocksize:
          (opusClockRate / 1_000) * frameMs * channels * bytesPerSample,
        // Samples have no time of their own: it is that of their arrival, on the machine's clock.
        "do-timestamp": true,
      },
    },
    {
      name: "rawaudioparse",
      properties: {
        format: "pcm",
        "pcm-format": "f32le",
        "sample-rate": opusClockRate,
        "num-channels": channels,
      },
    },
    // To 16 bits without noise: with it, silence is none to the encoder, and no DTX happens.
    { name: "audioconvert", properties: { dithering: "none" } },
    {
      name: "opusenc",
      properties: {
        bitrate: options.bitrateBps,
        "audio-type": "restricted-lowdelay",
        "frame-size": frameMs,
        // A program that plays silence: one packet in 210 ms (measured) instead of 21.
        dtx: true,
        // Arrivals jitter by some milliseconds (10.65 ms apart, then 0.4): samples are counted, and the
        // count follows the arrival again after a pause, which is more than the tolerance of 40 ms.
        "perfect-timestamp": true,
        "hard-resync": true,
      },
    },
    { name: "rtpopuspay", properties: { mtu: rtpMtu, pt: 97, dtx: true } },
  ];
  return {
    name: "audio-opus",
    encoder: "opusenc",
    elements: [...elementNames(stages), ...rtpElements],
    clockRate: opusClockRate,
    args: rtpLaunchArgs(stages),
  };
}
