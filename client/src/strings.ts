/**
 * Every word that the user reads, and which of them belong to which state. Pure.
 */
import type {
  ComponentHealth,
  ControlEvent,
  ErrorName,
  HealthSnapshot,
} from "../../signaling/protocol.ts";
import type { ConnectionState, LossCause } from "./connection.ts";
import type { StatsSnapshot } from "./stats.ts";

export const strings = {
  product: "StreamSpace",
  stage: "Remote desktop",
  stageHelp:
    "Keys go to the remote desktop. Control, Alt, Shift and M leads to the controls of this page.",
  toolbar: "Session controls",
  showToolbar: "Show the controls",
  fullScreen: "Full screen",
  leaveFullScreen: "Leave full screen",
  mute: "Mute",
  unmute: "Unmute",
  turnOnSound: "Turn on sound",
  statistics: "Statistics",
  tryAgain: "Try again",
  tryNow: "Try now",
  token: "Access token",
  tokenHint:
    "It is the part after #token= in the link that the session printed when it started.",
  tokenMissing: "Enter the access token.",
  connect: "Connect",
  healthTitle: "The session reports a problem",
} as const;

/** What the card in the middle of the page says. */
export interface StatusWords {
  headline: string;
  /** What it means, or what can be done about it. */
  detail?: string;
}

/** The words for a state. A retry's countdown is not among them; see {@link retryWords}. */
export function statusWords(
  state: ConnectionState,
  options: { hasVideo: boolean },
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
      return {
        headline: state.attempt === 0 ? "Connecting…" : "Connecting again…",
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

const lossWords: Record<LossCause, StatusWords> = {
  network: { headline: "Connection lost" },
  media: {
    headline: "The picture could not get through",
    detail:
      "The session answers, but its video does not arrive. A firewall may be blocking UDP.",
  },
  normal: { headline: "The session has ended" },
  goingAway: { headline: "The session is restarting" },
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
    detail: "As many people as allowed are watching already.",
  },
  timeout: {
    headline: "Connection lost",
    detail: "The session stopped answering.",
  },
};

/** A countdown; `remainingMs` is rounded up to whole seconds. */
export function retryWords(remainingMs: number): string {
  const seconds = Math.max(Math.ceil(remainingMs / 1_000), 1);
  return `Next try in ${seconds} s`;
}

/** A short notice for an error that the agent reported; `undefined` for those that a close explains. */
export function errorWords(error: ErrorName): string | undefined {
  switch (error) {
    case "input-unavailable":
      return "The desktop takes no input at the moment.";
    case "negotiation-failed":
      return "The session could not set up the picture.";
    case "not-allowed":
      return "This link lets you look, not act.";
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
