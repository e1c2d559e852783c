/**
 * Every word that the user reads, and which of them belong to which state. Pure.
 */
import type {
  ComponentHealth,
  ControlEvent,
  ErrorName,
  HealthSnapshot,
  Role,
} from "../../signaling/protocol.ts";
import type { ConnectionState, LossCause } from "./connection.ts";
import type { MicrophoneState } from "./microphone-state.ts";
import type { PictureTransport } from "./picture-transport.ts";
import type { BatchOutcome } from "./file-queue.ts";
import type { FileProblem } from "./file-transfers.ts";
import type { FilesNotice } from "./files-state.ts";
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
  endedTitle: "The session has ended",
  endedWords:
    "Whoever runs it has ended it. If it starts again, this page comes back by itself.",
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
  refused: "This page was disconnected",
  refusedDetail: "It sent something that a VNC server does not know.",
  toolbar: "VNC controls",
  viewOnly: "You can look at this session.",
  secureAttention: "Ctrl+Alt+Del",
  mainPage: "Page with sound",
  modes: {
    follow: "Follow this window",
    scale: "Scale to the window",
    actual: "Actual size",
  },
  mode: "The remote screen",
} as const;

/** The panel at the side. */
export const panelStrings = {
  title: "Session",
  sections: "Sections",
  close: "Close",
  quality: {
    title: "Quality",
    legend: "The most to send",
    presets: {
      automatic: {
        name: "Automatic",
        hint: "As good as the session and the connection allow.",
      },
      balanced: { name: "Balanced", hint: "At most 4 Mbit/s." },
      saver: {
        name: "Save data",
        hint: "At most 1.5 Mbit/s and 30 frames a second.",
      },
      slow: {
        name: "Slow connection",
        hint: "At most 0.4 Mbit/s and 15 frames a second.",
      },
    },
    viewersOnly: "Whoever controls the session decides about its quality.",
    graph: "Delay in the last minute",
    roundTrip: "Round trip",
    inBrowser: "In this browser",
    more: "More figures",
    overPicture: "Show the figures over the picture",
  },
  sound: {
    title: "Sound",
    on: "Play the session’s sound",
    volume: "Volume",
    none: "This session sends no sound.",
    blocked: "The browser plays sound only after you turn it on.",
    microphone: "Let the session hear my microphone",
    microphoneLevel: "How loud you are",
    microphoneDevice: "Microphone",
    microphoneDefault: "The browser's choice",
    unnamedDevice: "Microphone without a name",
  },
  display: {
    title: "Display",
    fullScreen: "Full screen",
    fullScreenHint:
      "In full screen the session also gets the keys that the browser keeps to itself, where the browser allows it.",
    noFullScreen: "This browser has no full screen for pages.",
    mode: "The remote screen",
    modes: {
      follow: {
        name: "Follow this window",
        hint: "It always has the size of the window.",
      },
      scale: {
        name: "Scale to the window",
        hint: "It keeps its size, and the picture is scaled.",
      },
      actual: {
        name: "Actual size",
        hint: "One pixel is one pixel; what does not fit is scrolled.",
      },
    },
    sizeOf: (width: number, height: number): string =>
      `It has ${width} × ${height} pixels now.`,
    fixed: "Only who controls the session changes its size.",
    keeps: "The screen of this session keeps its size.",
  },
  clipboard: {
    title: "Clipboard",
    text: "Text",
    textHint: "Text for the session’s clipboard; paste it there as usual.",
    send: "Put on the session’s clipboard",
    sent: "It is on the session’s clipboard.",
    remote: "On the session’s clipboard",
    remoteNone: "Nothing.",
    formats: { text: "Text", html: "Formatted text", png: "A picture" },
    refusals: {
      "not-allowed": "This session does not take that.",
      "too-large": "It is larger than this session takes.",
      outdated: "Something newer was copied meanwhile.",
      unavailable: "The program that copied it does not give it.",
      failed: "It did not get through.",
      browser: "The browser did not let this page at its clipboard.",
    },
    copy: "Copy to this device",
    copied: "Copied to this device.",
    copyFailed: "The browser did not let this page copy it.",
    directions: {
      off: "This session shares no clipboard.",
      in: "This session takes what you copy, and gives nothing back.",
      out: "This session gives what is copied in it, and takes nothing.",
      both: "What is copied on either side can be pasted on the other.",
    },
  },
  keyboard: {
    title: "Keyboard",
    combinations: "Press keys in the session",
    combinationsHint:
      "For keys that your system or the browser would take for themselves.",
    layout: "Layout in the session",
    layoutOwn: "The display’s own",
    viewersOnly: "You can look at this session, but not type into it.",
    leave: "Control, Alt, Shift and M leads from the session to this page.",
  },
  files: {
    title: "Files",
    drop: "Drop files here or anywhere on the picture, or",
    choose: "Choose files…",
    most: (bytes: number): string =>
      `Files of up to ${bytesWords(bytes)} each.`,
    uploads: "Transfers",
    clear: "Clear the list",
    cancel: "Cancel",
    cancelNamed: (name: string): string => `Cancel ${name}`,
    folder: "In the session’s folder",
    folderEmpty: "There are no files.",
    folderMore: "These are the latest; there are more.",
    folderAsking: "Looking…",
    refresh: "Look again",
    download: "Download",
    upload: "Upload",
    downloadNamed: (name: string): string => `Download ${name}`,
    states: {
      waiting: "Waiting",
      moving: "Under way",
      done: "Done",
      failed: "Failed",
      cancelled: "Cancelled",
    },
    neither: "This session exchanges no files.",
  },
  sharing: {
    title: "Sharing",
    people: "Who is here",
    you: "You",
    controls: "Controls",
    looks: "Looks",
    mine: "You control the session.",
    others: "Somebody else controls the session.",
    free: "Nobody controls the session.",
    looking: "You can look at this session.",
    request: "Ask for control",
    take: "Take control",
    takeBack: "Take control from those who look",
    name: "Your name",
    nameHint: "The others see it. Leave it empty to be a guest.",
    asked: "You have asked for control.",
    release: "Give control back",
    give: "Give control",
    giveTo: (name: string): string => `Give control to ${name}`,
    asks: (name: string): string => `${name} asks for control.`,
    refuse: "Not now",
    refuseNamed: (name: string): string => `Not now: ${name} asks for control`,
    remove: "Remove",
    removeNamed: (name: string): string => `Remove ${name} from the session`,
    link: "Link for looking",
    linkHint: "Whoever has it can look at this session, and do nothing in it.",
    copyLink: "Copy the link",
    copied: "Copied.",
    copyFailed: "Select the link and copy it.",
  },
  about: {
    title: "About",
    words:
      "This is a Linux desktop that runs somewhere else. Picture and sound come to you by WebRTC.",
    version: "Version",
    health: "Session",
    status: {
      ready: "All is well",
      degraded: "Works, with trouble",
      "not-ready": "Not ready",
    },
    unknown: "Not connected",
    keys: "Keys",
    leaveKeys: "Ctrl+Alt+Shift+M",
    leaveMeaning: "leads from the session to the controls of this page",
    escape: "Esc",
    escapeMeaning: "leads from the controls back to the session",
    licenses: "Licences of what this page is built with",
  },
} as const;

/** The graph in words, for those who do not see it. `undefined`: not known. */
export function graphWords(
  latestMs: number | undefined,
  worstMs: number | undefined,
): string {
  if (latestMs === undefined || worstMs === undefined)
    return "Round trip: not known yet.";
  return `Round trip: ${Math.round(latestMs)} ms now, ${Math.round(worstMs)} ms at most in the last minute.`;
}

/** A size of a file. */
export function bytesWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  const value = bytes / 1_000 ** power;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[power - 1] ?? ""}`;
}

/** Why a file did not get to the other side. @param maxBytes the most bytes of one. */
export function fileProblemWords(
  problem: FileProblem,
  maxBytes: number,
): string {
  switch (problem) {
    case "not-allowed":
      return "This session does not allow it.";
    case "bad-name":
      return "A file in the session may not have this name.";
    case "too-large":
      return `It is larger than this session takes (${bytesWords(maxBytes)}).`;
    case "too-many":
      return "The session’s folder has as many files as it may have.";
    case "disk-full":
      return "The session’s disk has no room for it.";
    case "busy":
      return "Others are moving files. Try again in a moment.";
    case "not-found":
      return "It is not in the session’s folder any more.";
    case "unavailable":
      return "The session’s folder cannot be used at the moment.";
    case "unreadable":
      return "The browser could not read it. It may have changed, or be no file.";
    case "lost":
      return "The connection was lost on the way.";
    case "cancelled":
      return "Cancelled.";
    case "failed":
      return "It did not get through.";
  }
}

const foldersNotTaken =
  "Folders are not taken: drop the files that are in them.";

/** What the page says when files have moved, or do not. */
export function filesNoticeWords(notice: FilesNotice): string {
  switch (notice.kind) {
    case "folders":
      return foldersNotTaken;
    case "too-many-at-once":
      return `At most ${notice.most} files at once: the rest was left out.`;
    case "not-taken":
      return `${strings.filesNotTaken}.`;
    case "ended":
      return [
        batchWords(notice.outcome, notice.maxBytes),
        ...(notice.leftFolders ? [foldersNotTaken] : []),
      ].join(" ");
  }
}

function batchWords(
  { direction, done, failed }: BatchOutcome,
  maxBytes: number,
): string {
  const where =
    direction === "upload" ? "in the session’s folder" : "on this device";
  const [problem] = failed;
  if (problem === undefined)
    return done.length === 1
      ? `${done[0] ?? ""} is ${where}.`
      : `${done.length} files are ${where}.`;
  const why = fileProblemWords(problem.problem, maxBytes);
  const count = done.length + failed.length;
  return count === 1
    ? `${problem.name}: ${why}`
    : `${failed.length} of ${count} files are not ${where}. ${problem.name}: ${why}`;
}

/** What the card in the middle of the page says. */
export interface StatusWords {
  headline: string;
  /** What it means, or what can be done about it. */
  detail?: string;
}

/** The words for a state. A retry's countdown is not among them; see {@link retryWords}. */
export function statusWords(
  state: ConnectionState,
  options: { hasVideo: boolean; offline?: boolean },
): StatusWords {
  switch (state.kind) {
    case "needs-token":
      if (state.outdated === true) {
        return {
          headline: "The session was started anew",
          detail:
            "It has another access token now. Open the link that it printed when it started, or enter the token here.",
        };
      }
      return state.rejected
        ? {
            headline: "This token was not accepted",
            detail:
              "It may belong to an earlier session. Enter the current one.",
          }
        : {
            headline: "Open the desktop",
            detail: "This session is protected by an access token.",
          };
    case "connecting":
      return state.attempt === 0
        ? { headline: "Connecting…" }
        : {
            headline: "Connecting again…",
            detail: `Asking the session to let this page in again. This is try ${state.attempt}.`,
          };
    case "negotiating":
      return state.late
        ? {
            headline: "Still setting up the picture…",
            detail:
              "The session answers, but no media connection has come about. A firewall may be blocking UDP; the session may need a TURN server.",
          }
        : { headline: "Setting up the picture…" };
    case "waiting-for-picture":
      return waitingWords(state.late, options.hasVideo);
    case "connected":
      return { headline: "Connected" };
    case "interrupted":
      return {
        headline: "Connection interrupted",
        detail: "Trying to bring the picture back…",
      };
    case "waiting-to-retry":
      return options.offline === true ? offlineWords : lossWords[state.cause];
    case "stopped":
      return lossWords[state.cause];
  }
}

function waitingWords(late: boolean, hasVideo: boolean): StatusWords {
  if (!hasVideo) {
    return {
      headline: "No picture in this browser",
      detail:
        "The session sends no video format that this browser can show. Another browser may help.",
    };
  }
  return late
    ? {
        headline: "No picture yet",
        detail:
          "The connection stands, but no frame has arrived for 10 seconds. It will appear as soon as the session sends one.",
      }
    : { headline: "Waiting for the first picture…" };
}

const offlineWords: StatusWords = {
  headline: "Connection lost",
  detail:
    "This device is offline. The page connects again as soon as the network is back.",
};

const lossWords: Record<LossCause, StatusWords> = {
  network: {
    headline: "Connection lost",
    detail: "Keys and buttons are released. The page tries again by itself.",
  },
  left: {
    headline: "Disconnected",
    detail: "The session goes on without this page.",
  },
  media: {
    headline: "The picture could not get through",
    detail:
      "The session answers, but its video does not arrive. A firewall may be blocking UDP.",
  },
  normal: { headline: "The session has ended" },
  goingAway: {
    headline: "The session has ended",
    detail:
      "It may be restarting: the page connects again by itself as soon as it is back.",
  },
  tooLarge: {
    headline: "The session refused this page",
    detail: "This page sent more than the session takes. Reload it.",
  },
  internal: { headline: "The session met an error" },
  badMessage: {
    headline: "This page and the session do not understand each other",
    detail: "Reload the page to get the version that fits.",
  },
  unauthorized: { headline: "This token was not accepted" },
  kicked: {
    headline: "You were sent out of the session",
    detail: "Somebody who controls it has ended your visit.",
  },
  replaced: {
    headline: "The session goes on elsewhere",
    detail: "This page was opened again and has taken this one's place.",
  },
  outOfOrder: {
    headline: "This page and the session lost step",
    detail: "Try again, or reload the page.",
  },
  version: {
    headline: "This page is of another version than the session",
    detail: "Reload the page to get the version that fits.",
  },
  tooMany: {
    headline: "The session asked to slow down",
    detail: "There were too many messages.",
  },
  full: {
    headline: "The session is full",
    detail:
      "As many people as allowed are watching already. The page tries again by itself.",
  },
  timeout: {
    headline: "Connection lost",
    detail: "The session stopped answering.",
  },
};

/** What to do about it. @param inMs what is left. */
export function endingWords(inMs: number): string {
  return inMs < 1_000
    ? "Whoever runs it has asked it to end."
    : "Whoever runs it has asked it to end. Save your work now.";
}

/** A countdown; `remainingMs` is rounded up to whole seconds. */
export function endingCountdown(remainingMs: number): string {
  const seconds = Math.max(Math.ceil(remainingMs / 1_000), 0);
  return seconds === 0 ? "It ends now." : `It ends in ${seconds} s.`;
}

/** A countdown; `remainingMs` is rounded up to whole seconds. */
export function retryWords(remainingMs: number): string {
  const seconds = Math.max(Math.ceil(remainingMs / 1_000), 1);
  return `Next try in ${seconds} s`;
}

/** Said when picture and sound take another way. */
export const transportWords: Readonly<Record<PictureTransport, string>> = {
  websocket:
    "This network lets no direct media through. The desktop comes over the WebSocket.",
  vnc: "The desktop comes by VNC for the time being, and without sound.",
  webrtc: "The direct connection is back.",
};

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
