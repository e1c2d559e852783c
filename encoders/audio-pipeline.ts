/**
 * The launch description that reads the session's sound from a FIFO and encodes it as Opus.
 *
 * The sound server writes into the FIFO while something plays and nothing while all is silent, so silence
 * costs nothing in either process, and the first sample of a sound that follows is in it like any other.
 */
import {
  stereoDownmix,
  surroundBitrateBps,
  surroundMask,
  surroundStreams,
  type AudioChannels,
} from "./audio/channels.ts";
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
  /** FIFO with 32-bit float samples, little endian, 48 kHz, interleaved. */
  fifo: string;
  /** Channels in the FIFO; two where absent. Six also make a second stream, with all of them. */
  channels?: AudioChannels;
  /** Target of the stereo stream in bit/s; that of 5.1 follows from it. */
  bitrateBps: number;
  /** Packets of stereo in a hundred that are lost, which in-band FEC is to make up for; without it where absent or 0. */
  fecLossPercent?: number;
}

/** RTP clock of Opus, whatever the audio's own rate (RFC 7587, section 4.1). */
export const opusClockRate = 48_000;

/** Opus frame, and amount that is read at once, in milliseconds. */
const frameMs = 10;
const bytesPerSample = 4;
const stereoPayloadType = 97;
const surroundPayloadType = 98;

/** The pipeline for `options`: 48 kHz in frames of 10 ms. */
export function audioPipeline(options: AudioPipelineOptions): Pipeline {
  return options.channels === 6
    ? surroundPipeline(options)
    : stereoPipeline(options);
}

function stereoPipeline(options: AudioPipelineOptions): Pipeline {
  const channels = 2;
  const stages: Stage[] = [
    ...fifoSource(options.fifo, channels),
    {
      name: "rawaudioparse",
      properties: {
        format: "pcm",
        "pcm-format": "f32le",
        "sample-rate": opusClockRate,
        "num-channels": channels,
      },
    },
    sixteenBits,
    opusEncoder(options.bitrateBps, options.fecLossPercent),
    opusPayloader(stereoPayloadType),
  ];
  return {
    name: "audio-opus",
    encoder: "opusenc",
    elements: [...elementNames(stages), ...rtpElements],
    clockRate: opusClockRate,
    args: rtpLaunchArgs(stages),
  };
}

/**
 * One source for both streams, so that they are the same sound at the same time. There is no queue after the `tee`: one
 * thread feeds both, so neither can stand still while the other goes on, and the sign of life of one is that of both.
 */
function surroundPipeline(options: AudioPipelineOptions): Pipeline {
  const { channels } = surroundStreams;
  const stereo: Stage[] = [
    ...fifoSource(options.fifo, channels),
    // gst-launch cannot read the parser's property for channel positions; caps can name them.
    {
      name: `audio/x-raw,format=F32LE,layout=interleaved,rate=${opusClockRate},channels=${channels},channel-mask=${surroundMask}`,
    },
    { name: "rawaudioparse", properties: { "use-sink-caps": true } },
    { name: "tee", properties: { name: "sound" } },
    {
      ...sixteenBits,
      properties: {
        ...sixteenBits.properties,
        "mix-matrix": matrixText(stereoDownmix),
      },
    },
    { name: "audio/x-raw,channels=2" },
    opusEncoder(options.bitrateBps, options.fecLossPercent),
    opusPayloader(stereoPayloadType),
  ];
  const surround: Stage[] = [
    { name: "sound." },
    sixteenBits,
    opusEncoder(surroundBitrateBps(options.bitrateBps)),
    opusPayloader(surroundPayloadType),
  ];
  return {
    name: "audio-opus",
    encoder: "opusenc",
    elements: [...elementNames(stereo), ...rtpElements],
    clockRate: opusClockRate,
    args: rtpLaunchArgs(stereo, surround),
    hasSecondStream: true,
  };
}

/**
 * Without its first buffer: one that is read while the pipeline goes to PLAYING, when there is a clock and no base time
 * yet, is given the machine's uptime, and the encoder throws away all that follows as being older (GStreamer 1.22: 8 of
 * 110 starts while something played; `filesrc` is no live source, which would wait). There is no second one yet, as the
 * FIFO has been emptied.
 */
function fifoSource(fifo: string, channels: number): Stage[] {
  return [
    {
      name: "filesrc",
      properties: {
        location: fifo,
        blocksize:
          (opusClockRate / 1_000) * frameMs * channels * bytesPerSample,
        // Samples have no time of their own: it is that of their arrival, on the machine's clock.
        "do-timestamp": true,
      },
    },
    { name: "identity", properties: { "drop-buffer-flags": "discont" } },
  ];
}

/** To 16 bits without noise: with it, silence is none to the encoder, and no DTX happens. */
const sixteenBits: Stage = {
  name: "audioconvert",
  properties: { dithering: "none" },
};

/**
 * In-band FEC repeats a frame, below 8 kHz, in the next packet. Only the hybrid mode has it, which the low delay of the
 * ordinary setting rules out (measured: with it, packets of 128 kbit/s are of configuration 14, hybrid, instead of 30).
 */
function opusEncoder(bitrateBps: number, fecLossPercent = 0): Stage {
  const fec =
    fecLossPercent > 0
      ? {
          "audio-type": "generic",
          "inband-fec": true,
          "packet-loss-percentage": fecLossPercent,
        }
      : { "audio-type": "restricted-lowdelay" };
  return {
    name: "opusenc",
    properties: {
      bitrate: bitrateBps,
      ...fec,
      "frame-size": frameMs,
      // A program that plays silence: one packet in 210 ms (measured) instead of 21.
      dtx: true,
      // Arrivals jitter by some milliseconds (10.65 ms apart, then 0.4): samples are counted, and the
      // count follows the arrival again after a pause, which is more than the tolerance of 40 ms.
      "perfect-timestamp": true,
      "hard-resync": true,
    },
  };
}

function opusPayloader(payloadType: number): Stage {
  return {
    name: "rtpopuspay",
    properties: { mtu: rtpMtu, pt: payloadType, dtx: true },
  };
}

/** GStreamer's notation of an array of arrays; a number without a point would be an integer, which it refuses. */
function matrixText(rows: readonly (readonly number[])[]): string {
  const list = (parts: readonly string[]): string => `<${parts.join(",")}>`;
  return list(rows.map((row) => list(row.map((value) => value.toFixed(4)))));
}
