/**
 * The words for the states of the connection, and for the end of a session. Pure.
 */
import type { ConnectionState, LossCause } from "./connection.ts";
import { strings } from "./strings.ts";

/** What the card in the middle of the page says. */
export interface StatusWords {
  headline: string;
  /** What it means, or what can be done about it. */
  detail?: string;
}

/**
 * The words for a state. A retry's countdown is not among them; see {@link retryWords}.
 * @param options.ended whether the session has said that it ends, and is not back.
 */
export function statusWords(
  state: ConnectionState,
  options: { hasVideo: boolean; offline?: boolean; ended?: boolean },
): StatusWords {
  // That it cannot be reached is no news then, and no trouble of the network.
  const isAway =
    state.kind === "connecting" || state.kind === "waiting-to-retry";
  if (options.ended === true && isAway) return endedWords;
  switch (state.kind) {
    case "needs-token":
      if (state.missing === true) return noTokenWords;
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

const endedWords: StatusWords = {
  headline: "The session has ended",
  detail:
    "Whoever runs it has ended it. If it starts again, this page comes back by itself.",
};

const noTokenWords: StatusWords = {
  headline: "The address has no access token",
  detail: `The session is protected by one. ${strings.tokenHint}`,
};

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
  unreached: {
    headline: "The session cannot be reached",
    detail:
      "It may not run yet, its address may be wrong, or it does not allow this page. The page tries again by itself.",
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
