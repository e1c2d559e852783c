/**
 * The words that the user reads; those of the connection's states, of the panel and of files stand beside this file, in
 * `status-strings.ts`, `panel-strings.ts` and `file-strings.ts`. Pure.
 */
import type {
  ComponentHealth,
  ControlEvent,
  ErrorName,
  HealthSnapshot,
  Role,
} from "../../signaling/protocol.ts";
import type { MicrophoneState } from "./microphone-state.ts";
import type { PeerTrouble, PictureTransport } from "./picture-transport.ts";
import type { StatsSnapshot } from "./stats.ts";

export const strings = {
  product: "StreamSpace",
  stage: "Remote desktop",
  onScreenKeyboard: "Keyboard of this device",
  microphoneOn: "Turn the microphone on",
  microphoneOff: "Turn the microphone off",
  capturePointer: "Capture the mouse (Escape ends it)",
  trackpad: "Touch: finger as pointer or as trackpad",
  stageHelp:
    "Keys go to the remote desktop. Control, Alt, Shift and M leads to the controls of this page.",
  toolbar: "Session controls",
  showToolbar: "Show the controls",
  menu: "Menu",
  fullScreen: "Full screen",
  leaveFullScreen: "Leave full screen",
  mute: "Mute",
  unmute: "Unmute",
  noSoundThisWay: "Sound cannot be played the way that the desktop comes now.",
  turnOnSound: "Turn on sound",
  statistics: "Figures",
  connectedAgain: "Connected again.",
  tryAgain: "Try again",
  tryNow: "Try now",
  token: "Access token",
  tokenHint:
    "It is the part after #token= in the link that the session printed when it started.",
  tokenMissing: "Enter the access token.",
  connect: "Connect",
  dropFiles: "Drop files to put them into the session",
  filesNotTaken: "This session takes no files from here",
  healthTitle: "The session reports a problem",
  endingTitle: "The session is ending",
} as const;

/** What becomes of the user's microphone; empty where there is nothing to say. */
export const microphoneWords: Readonly<Record<MicrophoneState, string>> = {
  unavailable: "",
  off: "",
  asking: "The browser asks whether this page may use your microphone.",
  on: "The session hears you.",
  interrupted:
    "The session does not hear you at the moment; it will when the connection is back.",
  denied:
    "The browser does not allow the microphone. You can change that in its settings for this page.",
  missing: "There is no microphone, or another program has it.",
  insecure:
    "Browsers give a microphone only to pages that come by HTTPS. Ask for an address that begins with https.",
  unreachable:
    "The session cannot hear you over this connection: sound goes up by WebRTC alone.",
  taken: "Somebody else speaks now, so your microphone was turned off.",
  "no-control":
    "Only who controls the session speaks, so your microphone is off.",
};
/** The VNC page. */
export const vncStrings = {
  title: "StreamSpace by VNC",
  connecting: "Connecting by VNC…",
  starting: "A VNC server is being started for this page.",
  lost: "Connection lost",
  lostDetail: "The page tries again by itself.",
  unavailable: "VNC is not available",
  unavailableDetail:
    "No VNC server works in this session now. The page tries again by itself.",
  full: "The session is full",
  fullDetail: "As many people as it takes are looking at it by VNC.",
  off: "VNC is turned off",
  offDetail:
    "Whoever runs this session has turned VNC off. Its main page shows the desktop.",
  ended: "The session has ended",
  endedDetail:
    "It may be restarting: the page connects again by itself as soon as it is back.",
  refused: "This page was disconnected",
  refusedDetail: "It sent something that a VNC server does not know.",
  toolbar: "VNC controls",
  viewOnly: "You can look at this session.",
  secureAttention: "Ctrl+Alt+Del",
  mainPage: "Page with sound",
  toMainPage: "Open the main page",
  modes: {
    follow: "Follow this window",
    scale: "Scale to the window",
    actual: "Actual size",
  },
  mode: "The remote screen",
} as const;

const peerTroubleWords: Record<PeerTrouble, string> = {
  unreachable: "This network lets no direct media through.",
  late: "The direct connection brought no picture in time.",
  undecoded:
    "This browser could not decode the picture of the direct connection.",
  unencoded: "The session's video encoder does not run.",
};

/**
 * Said when picture and sound take another way.
 * @param peerTrouble why the picture does not come by a direct connection.
 */
export function transportWords(
  transport: PictureTransport,
  peerTrouble: PeerTrouble,
): string {
  switch (transport) {
    case "websocket":
      return `${peerTroubleWords[peerTrouble]} The desktop comes over the WebSocket.`;
    case "vnc":
      return "The desktop comes by VNC for the time being, and without sound.";
    case "webrtc":
      return "The direct connection is back.";
  }
}

/**
 * A short notice for an error that the agent reported; `undefined` for those that a close explains.
 * @param role what the token allows, where that is known.
 */
export function errorWords(error: ErrorName, role?: Role): string | undefined {
  switch (error) {
    case "input-unavailable":
      return "The desktop takes no input at the moment.";
    case "negotiation-failed":
      return "The session could not set up the picture.";
    case "not-allowed":
      return role === "controller"
        ? "The session does not allow that."
        : "This link lets you look, not act.";
    case "no-control":
      return "Somebody else has control. Ask for it, or take it.";
    case "internal":
      return "The session met an error and goes on.";
    case "bad-message":
    case "too-large":
    case "out-of-order":
    case "unauthorized":
    case "version":
    case "too-many":
    case "full":
    case "kicked":
    case "replaced":
    case "timeout":
      return undefined;
  }
}

/** Why the remote screen is not as the window would have it. */
export function screenWords(
  why:
    | { kind: "large" | "small"; fitted: { width: number; height: number } }
    | { kind: "failed" },
): string {
  switch (why.kind) {
    case "large":
      return `The window is larger than the desktop can be. The desktop has ${why.fitted.width} × ${why.fitted.height} pixels, and is shown larger.`;
    case "small":
      return `The window is smaller than a desktop can be. The desktop has ${why.fitted.width} × ${why.fitted.height} pixels, and is shown smaller.`;
    case "failed":
      return "The desktop cannot take the size of the window, and is scaled.";
  }
}

/** What has happened to this page's control. `by` is the name of who did it, where one did and has a name. */
export function controlWords(event: ControlEvent, by?: string): string {
  const who = by === undefined || by === "" ? "Somebody" : by;
  switch (event) {
    case "granted":
      return "You have control.";
    case "denied":
      return `${who} keeps control for now.`;
    case "expired":
      return "Nobody has answered your wish for control.";
    case "taken":
      return `${who} has taken control.`;
  }
}

/** What a viewer is called: the name it chose, or a number. */
export function viewerName(viewer: { name: string; number: number }): string {
  return viewer.name === "" ? `Guest ${viewer.number}` : viewer.name;
}

/** Problems of a session that is not ready, one sentence each; empty where all is well. */
export function healthWords(health: HealthSnapshot | undefined): string[] {
  if (health === undefined || health.status === "ready") return [];
  if (health.reasons.length > 0) return health.reasons;
  return health.components.filter(isInTrouble).map(componentWords);
}

function isInTrouble({ state }: ComponentHealth): boolean {
  return state !== "running" && state !== "standby";
}

function componentWords({ name, state, reason }: ComponentHealth): string {
  const words = `${name} is ${state.replace("-", " ")}`;
  return reason === undefined ? words : `${words}: ${reason}`;
}

/** One line of the statistics. */
export interface StatsLine {
  label: string;
  value: string;
}

const unknown = "–";

/** The statistics as a table. `encoder` is what the agent says it uses. */
export function statsLines(
  stats: StatsSnapshot | undefined,
  encoder: string | undefined,
): StatsLine[] {
  const of = (
    value: number | undefined,
    digits: number,
    unit: string,
  ): string =>
    value === undefined ? unknown : `${value.toFixed(digits)}${unit}`;
  const percent =
    stats?.packetLoss === undefined ? undefined : stats.packetLoss * 100;
  const megabits =
    stats?.bitrateBps === undefined ? undefined : stats.bitrateBps / 1e6;
  return [
    { label: "Frame rate", value: of(stats?.framesPerSecond, 0, " fps") },
    { label: "Bit rate", value: of(megabits, 2, " Mbit/s") },
    { label: "Round trip", value: of(stats?.roundTripMs, 1, " ms") },
    { label: "Packet loss", value: of(percent, 1, " %") },
    { label: "Jitter", value: of(stats?.jitterMs, 1, " ms") },
    { label: "Codec", value: codecsOf(stats) },
    { label: "Encoder", value: encoder ?? unknown },
    // Chromium tells it only to pages that may use the camera.
    ...(stats?.decoder === undefined
      ? []
      : [{ label: "Decoder", value: stats.decoder }]),
    { label: "Decode time", value: of(stats?.decodeMs, 1, " ms") },
    { label: "Buffer time", value: of(stats?.bufferMs, 1, " ms") },
    { label: "Frames dropped", value: of(stats?.framesDropped, 0, "") },
    { label: "Resolution", value: resolutionOf(stats) },
    { label: "Path", value: stats?.path ?? unknown },
  ];
}

function codecsOf(stats: StatsSnapshot | undefined): string {
  const codecs = [stats?.videoCodec, stats?.audioCodec];
  return codecs.filter((codec) => codec !== undefined).join(", ") || unknown;
}

function resolutionOf(stats: StatsSnapshot | undefined): string {
  return stats?.width === undefined || stats.height === undefined
    ? unknown
    : `${stats.width} × ${stats.height}`;
}
