/**
 * Settings of video and audio.
 */
import { audioChannelCounts } from "../../../encoders/audio/channels.ts";
import { encoderFamilies } from "../../../encoders/video-encoding.ts";
import { videoCodecs } from "../../../signaling/protocol.ts";
import { encoderElementsKind, encoderPreference } from "../encoder-kinds.ts";
import { bitrate, integer, oneOf } from "../number-kinds.ts";
import { setting } from "../setting.ts";
import { choice, onOff, preferenceList } from "../value-kinds.ts";
import { videoCaptures } from "../video-capture.ts";

/** Part of the table in settings.ts. */
export const mediaSettings = {
  frameRate: setting({
    flag: "--frame-rate",
    variable: "STREAMSPACE_FRAME_RATE",
    section: "Video and audio",
    description: "The most frames that are captured in a second.",
    kind: integer({ min: 1, max: 144, unit: "frames per second" }),
    default: 60,
  }),
  videoCapture: setting({
    flag: "--video-capture",
    variable: "STREAMSPACE_VIDEO_CAPTURE",
    section: "Video and audio",
    description:
      "How the screen is captured. `damage` when something changed, at next to no cost while nothing does; `polling` at the frame rate, by gst-launch; `auto` prefers damage and polls where that does not work.",
    kind: choice(videoCaptures),
    default: "auto",
  }),
  cursor: setting({
    flag: "--cursor",
    variable: "STREAMSPACE_CURSOR",
    section: "Video and audio",
    description:
      "Who draws the pointer: `client`, the viewer's browser, at once; or `video`, where it is part of the picture and as late as that.",
    kind: choice(["client", "video"]),
    default: "client",
  }),
  videoBitrateBps: setting({
    flag: "--video-bitrate",
    variable: "STREAMSPACE_VIDEO_BITRATE",
    section: "Video and audio",
    description: "The most bits that the video of one viewer may take.",
    kind: bitrate({ minBps: 100_000, maxBps: 200_000_000 }),
    default: 6_000_000,
    defaultText: "`6M`",
  }),
  videoCodecs: setting({
    flag: "--video-codecs",
    variable: "STREAMSPACE_VIDEO_CODECS",
    section: "Video and audio",
    description:
      "The codecs that viewers are offered. The first one that a viewer decodes is used.",
    kind: preferenceList(videoCodecs),
    default: videoCodecs,
    defaultText: `\`${videoCodecs.join(",")}\``,
  }),
  videoEncoder: setting({
    flag: "--video-encoder",
    variable: "STREAMSPACE_VIDEO_ENCODER",
    section: "Video and audio",
    description:
      "The GStreamer elements that must encode, at most one for each codec. One that cannot work ends the agent with the reason, unless `--video-encoder-fallback` is on. `auto` takes the best that is proven to work.",
    kind: encoderElementsKind,
    default: [],
    defaultText: "`auto`",
  }),
  videoEncoderOrder: setting({
    flag: "--video-encoder-order",
    variable: "STREAMSPACE_VIDEO_ENCODER_ORDER",
    section: "Video and audio",
    description:
      "Encoders and families of encoders in the order in which they are preferred; what is not named follows.",
    kind: encoderPreference,
    default: encoderFamilies,
    defaultText: `\`${encoderFamilies.join(",")}\``,
  }),
  videoEncoderFallback: setting({
    flag: "--video-encoder-fallback",
    variable: "STREAMSPACE_VIDEO_ENCODER_FALLBACK",
    section: "Video and audio",
    description:
      "Whether another encoder may take the place of one that `--video-encoder` names and that does not work, at the start or later.",
    kind: onOff,
    default: false,
  }),
  audio: setting({
    flag: "--audio",
    variable: "STREAMSPACE_AUDIO",
    section: "Video and audio",
    description: "Whether the session has sound.",
    kind: onOff,
    default: true,
  }),
  microphone: setting({
    flag: "--microphone",
    variable: "STREAMSPACE_MICROPHONE",
    section: "Video and audio",
    description:
      "Whether a viewer who has control may speak: programs of the session record it as the source `microphone`, their default. Needs sound.",
    kind: onOff,
    default: false,
  }),
  audioChannels: setting({
    flag: "--audio-channels",
    variable: "STREAMSPACE_AUDIO_CHANNELS",
    section: "Video and audio",
    description:
      "The channels of the session's sound card: 2 for stereo, 6 for 5.1. With 6, browsers that can (Chromium) receive all of them, and the others a downmix to stereo.",
    kind: oneOf(audioChannelCounts),
    default: 2,
  }),
  audioBitrateBps: setting({
    flag: "--audio-bitrate",
    variable: "STREAMSPACE_AUDIO_BITRATE",
    section: "Video and audio",
    description:
      "The bit rate of the Opus stream. That of 5.1 is 2.5 times as much, and at most 650k.",
    kind: bitrate({ minBps: 6_000, maxBps: 510_000 }),
    default: 128_000,
    defaultText: "`128k`",
  }),
};
