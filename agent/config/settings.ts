/**
 * The table of settings. Everything about a setting is said here once: the type {@link Config}, the
 * flags, the variables, the defaults, the validation and docs/configuration.md come from it.
 */
import { join } from "node:path";
import {
  clipboardLimits,
  clipboardPolicies,
  layoutName,
  transportModes,
  videoCodecs,
} from "../../signaling/protocol.ts";
import { logFormats, logLevels } from "../base/log.ts";
import { videoCaptures } from "./video-capture.ts";
import { audioChannelCounts } from "../../encoders/audio/channels.ts";
import { encoderFamilies } from "../../encoders/video-encoding.ts";
import { fileSettings } from "./files-settings.ts";
import { encoderElementsKind, encoderPreference } from "./encoder-kinds.ts";
import { iceServerList, portRange } from "./ice-kinds.ts";
import { bitrate, evenPixels, integer, oneOf } from "./number-kinds.ts";
import { orchestration } from "./orchestration-settings.ts";
import { sharing } from "./sharing-settings.ts";
import {
  computedSetting,
  optionalSetting,
  setting,
  type Setting,
} from "./setting.ts";
import { vncSettings } from "./vnc-settings.ts";
import {
  absolutePath,
  choice,
  commandLine,
  ipAddressList,
  listenAddress,
  onOff,
  originList,
  pattern,
  preferenceList,
  timeZone,
  token,
} from "./value-kinds.ts";

const access = {
  host: setting({
    flag: "--host",
    variable: "STREAMSPACE_HOST",
    section: "Listener and access",
    description:
      "The address that HTTP and the WebSocket listen on. `127.0.0.1` keeps the session to this machine.",
    kind: listenAddress,
    default: "0.0.0.0",
  }),
  port: setting({
    flag: "--port",
    variable: "STREAMSPACE_PORT",
    section: "Listener and access",
    description:
      "The TCP port that HTTP and the WebSocket listen on. `0` takes any free port; the URL that is printed names it.",
    kind: integer({ min: 0, max: 65_535 }),
    default: 8080,
  }),
  token: optionalSetting({
    flag: "--token",
    variable: "STREAMSPACE_TOKEN",
    section: "Listener and access",
    description:
      "The credential a viewer must present. On a shared machine prefer the variable or the file: flags are visible in process lists.",
    kind: token,
    secret: true,
    defaultText: "a random token, printed once with the URL",
  }),
  tokenFile: optionalSetting({
    flag: "--token-file",
    variable: "STREAMSPACE_TOKEN_FILE",
    section: "Listener and access",
    description:
      "A file that holds the token, such as a mounted Kubernetes Secret. White space around it is dropped; giving both the file and the token is refused.",
    kind: absolutePath,
    defaultText: "none",
  }),
  allowedOrigins: setting({
    flag: "--allowed-origins",
    variable: "STREAMSPACE_ALLOWED_ORIGINS",
    section: "Listener and access",
    description:
      "Pages of which origins may open the WebSocket. `*` allows every page a viewer visits to try tokens.",
    kind: originList,
    default: [],
    defaultText: "only the page that the agent serves itself",
  }),
};

const display = {
  display: optionalSetting({
    flag: "--display",
    variable: "DISPLAY",
    section: "Display",
    description:
      "The X display to show instead of an own one; it must answer. `none` starts an own Xvfb although the variable is set.",
    kind: displayName(),
    defaultText: "an own Xvfb",
  }),
  displayWidth: setting({
    flag: "--display-width",
    variable: "DISPLAY_WIDTH",
    section: "Display",
    description: "Width of the own display.",
    kind: evenPixels({ min: 64, max: 7680 }),
    default: 1920,
  }),
  displayHeight: setting({
    flag: "--display-height",
    variable: "DISPLAY_HEIGHT",
    section: "Display",
    description: "Height of the own display.",
    kind: evenPixels({ min: 64, max: 4320 }),
    default: 1080,
  }),
  displayDpi: setting({
    flag: "--display-dpi",
    variable: "DISPLAY_DPI",
    section: "Display",
    description: "Resolution that the own display reports to applications.",
    kind: integer({ min: 48, max: 480, unit: "dots per inch" }),
    default: 96,
  }),
  resize: setting({
    flag: "--resize",
    variable: "STREAMSPACE_RESIZE",
    section: "Display",
    description:
      "Whether the screen takes the size of the window of the viewer who controls the session: `follow` or `off`. `auto` follows on an own display, and leaves a display that was there before as it is; with `follow` that one changes too, where it can (RandR 1.3 with modes of its own, one monitor). `--display-width` and `--display-height` are then the first size.",
    kind: choice(["auto", "off", "follow"]),
    default: "auto",
  }),
  maxWidth: setting({
    flag: "--max-width",
    variable: "STREAMSPACE_MAX_WIDTH",
    section: "Display",
    description:
      "The widest screen that a viewer may have. The memory of the largest screen is taken from the start: Xvfb takes 24 MB more for 3840 × 2160 than for 1920 × 1080.",
    kind: evenPixels({ min: 320, max: 7680 }),
    default: 3840,
  }),
  maxHeight: setting({
    flag: "--max-height",
    variable: "STREAMSPACE_MAX_HEIGHT",
    section: "Display",
    description: "The highest screen that a viewer may have.",
    kind: evenPixels({ min: 240, max: 4320 }),
    default: 2160,
  }),
  keyboardLayout: optionalSetting({
    flag: "--keyboard-layout",
    variable: "STREAMSPACE_KEYBOARD_LAYOUT",
    section: "Display",
    description:
      "The layout of the session's keyboard, as `setxkbmap` knows it, e.g. `de`, `fr(azerty)`, `us:intl` or `us,ru(phonetic)`. What a viewer types arrives with any layout; programs that look at keys rather than characters want theirs. Viewers can change it while the session runs.",
    kind: pattern({
      placeholder: "layout",
      allowed:
        "up to four layouts, separated by commas, each with a variant in parentheses or after a colon where wanted",
      matches: layoutName,
    }),
    defaultText: "the display's own, `us` with an own Xvfb",
  }),
  windowManager: setting({
    flag: "--window-manager",
    variable: "STREAMSPACE_WINDOW_MANAGER",
    section: "Display",
    description:
      "The window manager: a program, `none`, or `auto` for openbox on an own display and none on a display that was there before.",
    kind: pattern({
      placeholder: "program",
      allowed:
        "`auto`, `none`, or the name or absolute path of a program, without arguments",
      matches: /^[\w./+-]{1,256}$/,
    }),
    default: "auto",
  }),
};

/** User and group ids above 65535 exist: OpenShift gives each namespace a range of its own. */
const largestId = 4_294_967_294;

const application = {
  application: optionalSetting({
    commandLine: "run -- command arguments…",
    variable: "STREAMSPACE_APPLICATION",
    section: "Application",
    description:
      "The program that the session is for. No shell reads it: each argument is one element.",
    kind: commandLine,
    defaultText: "a small demo desktop",
  }),
  onApplicationExit: setting({
    flag: "--on-application-exit",
    variable: "STREAMSPACE_ON_APPLICATION_EXIT",
    section: "Application",
    description:
      "What happens when the application ends: start it again, stop the whole session, or keep the empty desktop.",
    kind: choice(["restart", "stop", "keep"]),
    default: "restart",
  }),
  puid: optionalSetting({
    flag: "--puid",
    variable: "PUID",
    section: "Application",
    description:
      "The user id that the session's programs run as where the agent itself is root. 0 is refused: name no user rather than root.",
    kind: integer({ min: 1, max: largestId }),
    defaultText: "the agent's own user",
  }),
  pgid: optionalSetting({
    flag: "--pgid",
    variable: "PGID",
    section: "Application",
    description:
      "The group id that the session's programs run as where the agent itself is root.",
    kind: integer({ min: 1, max: largestId }),
    defaultText: "the agent's own group",
  }),
  timezone: optionalSetting({
    flag: "--timezone",
    variable: "TZ",
    section: "Application",
    description:
      "The time zone of the session's programs. An unknown one is warned about, and UTC is used.",
    kind: timeZone,
    defaultText: "that of the machine or container",
  }),
};

const media = {
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

const clipboard = {
  clipboard: setting({
    flag: "--clipboard",
    variable: "STREAMSPACE_CLIPBOARD",
    section: "Clipboard",
    description:
      "Which way the clipboard goes: `in` from the browser into the session, `out` from the session to the browser, `both`, or `off`. Only viewers with control have it.",
    kind: choice(clipboardPolicies),
    default: "both",
  }),
  clipboardMaxBytes: setting({
    flag: "--clipboard-max-bytes",
    variable: "STREAMSPACE_CLIPBOARD_MAX_BYTES",
    section: "Clipboard",
    description:
      "The most bytes of one clipboard, all its formats together. More is neither taken nor given.",
    kind: integer({ min: 1_024, max: clipboardLimits.maxBytes, unit: "bytes" }),
    default: 67_108_864,
    defaultText: "`67108864` (64 MiB)",
  }),
  clipboardPrimary: setting({
    flag: "--clipboard-primary",
    variable: "STREAMSPACE_CLIPBOARD_PRIMARY",
    section: "Clipboard",
    description:
      "Whether marking text in the session (the PRIMARY selection) counts as copying, and what the browser gives can be pasted with the middle button.",
    kind: onOff,
    default: false,
  }),
};

const network = {
  iceServers: setting({
    flag: "--ice-servers",
    variable: "STREAMSPACE_ICE_SERVERS",
    section: "Network path (ICE)",
    description:
      "STUN and TURN servers, for the agent and for the browsers that connect to it.",
    kind: iceServerList,
    secret: true,
    default: [],
    defaultText: "none: only direct connections",
  }),
  transport: setting({
    flag: "--transport",
    variable: "STREAMSPACE_TRANSPORT",
    section: "Network path (ICE)",
    description:
      "By which way pages get picture and sound. `auto`: WebRTC, the WebSocket where that does not get through, and VNC where that shows nothing either; `webrtc`, `websocket` or `vnc`: that one alone.",
    kind: choice(transportModes),
    default: "auto",
  }),
  iceTransportPolicy: setting({
    flag: "--ice-transport-policy",
    variable: "STREAMSPACE_ICE_TRANSPORT_POLICY",
    section: "Network path (ICE)",
    description:
      "`relay` sends media through a TURN server only, and therefore needs one; `all` also tries direct paths.",
    kind: choice(["all", "relay"]),
    default: "all",
  }),
  icePortRange: optionalSetting({
    flag: "--ice-port-range",
    variable: "STREAMSPACE_ICE_PORT_RANGE",
    section: "Network path (ICE)",
    description:
      "The UDP ports that media may use, for firewalls and published container ports.",
    kind: portRange,
    defaultText: "any free port",
  }),
  iceAdvertisedAddresses: setting({
    flag: "--ice-advertised-addresses",
    variable: "STREAMSPACE_ICE_ADVERTISED_ADDRESSES",
    section: "Network path (ICE)",
    description:
      "Addresses that browsers can reach this machine at although no interface has them, such as a node's address in front of a pod.",
    kind: ipAddressList,
    default: [],
    defaultText: "none: those of the interfaces",
  }),
};

const running = {
  runtimeDir: computedSetting({
    flag: "--runtime-dir",
    variable: "STREAMSPACE_RUNTIME_DIR",
    section: "Limits, files and logs",
    description:
      "The directory for sockets and other files that live as long as the session. Two agents on one machine need two of them.",
    kind: absolutePath,
    defaultOf: ({ env, uid }) => {
      const base = env["XDG_RUNTIME_DIR"];
      return base?.startsWith("/")
        ? join(base, "streamspace")
        : `/tmp/streamspace-${uid}`;
    },
    defaultText:
      "`$XDG_RUNTIME_DIR/streamspace`, or `/tmp/streamspace-<user id>` without that variable",
  }),
  cacheDir: computedSetting({
    flag: "--cache-dir",
    variable: "STREAMSPACE_CACHE_DIR",
    section: "Limits, files and logs",
    description:
      "The directory in which the agent remembers which encoders work here, so that later starts need not try them.",
    kind: absolutePath,
    defaultOf: ({ env, uid }) => {
      const cache = env["XDG_CACHE_HOME"];
      if (cache?.startsWith("/")) return join(cache, "streamspace");
      const home = env["HOME"];
      return home?.startsWith("/")
        ? join(home, ".cache", "streamspace")
        : `/tmp/streamspace-cache-${uid}`;
    },
    defaultText:
      "`$XDG_CACHE_HOME/streamspace`, or `~/.cache/streamspace` without that variable",
  }),
  logLevel: setting({
    flag: "--log-level",
    variable: "STREAMSPACE_LOG_LEVEL",
    section: "Limits, files and logs",
    description: "The least important messages that are logged.",
    kind: choice(logLevels),
    default: "info",
  }),
  logFormat: setting({
    flag: "--log-format",
    variable: "STREAMSPACE_LOG_FORMAT",
    section: "Limits, files and logs",
    description:
      "`json` for machines, `pretty` for people, `auto` for pretty where the output is a terminal.",
    kind: choice(logFormats),
    default: "auto",
  }),
};

/** Every setting, by the name it has in {@link Config}. */
export const settings = {
  ...access,
  ...sharing,
  ...display,
  ...application,
  ...media,
  ...clipboard,
  ...fileSettings,
  ...vncSettings,
  ...network,
  ...orchestration,
  ...running,
};

export type SettingName = keyof typeof settings;

/** The names of all settings, in the order of the table. */
export const settingNames = Object.keys(settings) as readonly SettingName[];

type SettingValue<S> = S extends Setting<infer T> ? T : never;

/** The settings of a running agent: validated, with defaults filled in. Bit rates are in bit/s. */
export type Config = {
  readonly [Name in SettingName]: SettingValue<(typeof settings)[Name]>;
};

function displayName(): Setting<string | undefined>["kind"] {
  const name =
    /^(?:[a-zA-Z0-9.-]*(?:\/unix)?|\/[^\s:]+):\d{1,5}(?:\.\d{1,3})?$/;
  return {
    placeholder: "name",
    allowed: "an X display such as `:0`, or `none`",
    read(text) {
      if (text === "none") return { ok: true, value: undefined };
      return name.test(text) ? { ok: true, value: text } : { ok: false };
    },
  };
}
