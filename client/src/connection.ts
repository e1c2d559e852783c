/**
 * The life of the connection to the agent: one state, changed by one pure function.
 *
 * `attempt` is the number of tries that failed since the last picture; the back-off follows from it.
 */
import { closeCodes, type CloseReason } from "../../signaling/protocol.ts";

/**
 * Why there is no connection: the agent's word, the network, media that did not get through, or the user; `unreached`:
 * there never was one.
 */
export type LossCause =
  CloseReason | "network" | "unreached" | "media" | "left";

export type ConnectionState =
  /**
   * There is no token, or the agent refused the one there was. `outdated`: it has accepted that one before. `missing`: a
   * connection was tried without one.
   */
  | {
      kind: "needs-token";
      rejected: boolean;
      outdated?: boolean;
      missing?: boolean;
    }
  /** The WebSocket is being opened, and hello said. */
  | { kind: "connecting"; attempt: number }
  /** The agent said welcome; the media connection is being made. `late`: for longer than usual. */
  | { kind: "negotiating"; attempt: number; late: boolean }
  /** Media can flow, but no frame has been decoded. */
  | { kind: "waiting-for-picture"; attempt: number; late: boolean }
  /** The picture runs. */
  | { kind: "connected" }
  /** The picture ran, and the media connection is being mended. */
  | { kind: "interrupted" }
  | {
      kind: "waiting-to-retry";
      attempt: number;
      delayMs: number;
      cause: LossCause;
    }
  /** Trying again makes no sense unless the user says so. */
  | { kind: "stopped"; cause: LossCause };

export type ConnectionEvent =
  | { type: "token-given" }
  | { type: "welcomed" }
  /** `fresh`: a new peer connection, of which no frame has been seen. */
  | { type: "peer-connected"; fresh: boolean }
  | { type: "peer-lost" }
  | { type: "frame-shown" }
  | { type: "picture-late" }
  /**
   * `random` is in 0…1 and spreads the retries of many viewers. `knownToken`: an agent at this address has accepted the
   * token before. `noToken`: there is none.
   */
  | {
      type: "lost";
      cause: LossCause;
      random: number;
      knownToken?: boolean;
      noToken?: boolean;
    }
  /** The delay is over, or the network or the user came back. */
  | { type: "retry-due" }
  /** The user asks for another try. */
  | { type: "try-again" }
  /** The user ends the connection. */
  | { type: "leave" }
  /** Say hello again with other codecs. */
  | { type: "reopen" };

/** First delay and longest delay between tries. */
export const retryDelay = { initialMs: 500, maxMs: 15_000 } as const;

/**
 * Delay before the next try, after `attempt` failed ones (1 is the first): doubled each time, and
 * spread over its upper half by `random` (0…1), so that viewers of a restarted agent do not return as one.
 */
export function retryDelayMs(attempt: number, random: number): number {
  const exponent = Math.min(Math.max(attempt, 1) - 1, 16);
  const fullMs = Math.min(
    retryDelay.initialMs * 2 ** exponent,
    retryDelay.maxMs,
  );
  return Math.round(fullMs * (0.5 + random / 2));
}

/** What a WebSocket close code means; anything the protocol does not name is the network's doing. */
export function causeOfCloseCode(code: number): LossCause {
  for (const reason of Object.keys(closeCodes) as CloseReason[]) {
    if (closeCodes[reason].code === code) return reason;
  }
  return "network";
}

/** Whether the state has a WebSocket that is open or being opened. */
export function isLive(state: ConnectionState): boolean {
  switch (state.kind) {
    case "connecting":
    case "negotiating":
    case "waiting-for-picture":
    case "connected":
    case "interrupted":
      return true;
    case "needs-token":
    case "waiting-to-retry":
    case "stopped":
      return false;
  }
}

/** Whether there is a picture to point at, and so input goes to the session. */
export function hasPicture(state: ConnectionState): boolean {
  return state.kind === "connected" || state.kind === "interrupted";
}

/** The state after `event`; the same object where the event means nothing in this state. */
export function transition(
  state: ConnectionState,
  event: ConnectionEvent,
): ConnectionState {
  switch (event.type) {
    case "token-given":
      return state.kind === "needs-token" ? connecting(0) : state;
    case "welcomed":
      return state.kind === "connecting"
        ? { kind: "negotiating", attempt: state.attempt, late: false }
        : state;
    case "peer-connected":
      return onPeerConnected(state, event.fresh);
    case "peer-lost":
      return onPeerLost(state);
    case "frame-shown":
      return state.kind === "negotiating" ||
        state.kind === "waiting-for-picture" ||
        state.kind === "interrupted"
        ? { kind: "connected" }
        : state;
    case "picture-late":
      return (state.kind === "negotiating" ||
        state.kind === "waiting-for-picture") &&
        !state.late
        ? { ...state, late: true }
        : state;
    case "lost":
      return isLive(state) ? onLost(attemptOf(state), event) : state;
    case "retry-due":
      return state.kind === "waiting-to-retry"
        ? connecting(state.attempt)
        : state;
    case "try-again":
      return state.kind === "waiting-to-retry" || state.kind === "stopped"
        ? connecting(0)
        : state;
    case "leave":
      return isLive(state) || state.kind === "waiting-to-retry"
        ? { kind: "stopped", cause: "left" }
        : state;
    case "reopen":
      return isLive(state) ? connecting(attemptOf(state)) : state;
  }
}

function connecting(attempt: number): ConnectionState {
  return { kind: "connecting", attempt };
}

function attemptOf(state: ConnectionState): number {
  return "attempt" in state ? state.attempt : 0;
}

function onPeerConnected(
  state: ConnectionState,
  fresh: boolean,
): ConnectionState {
  if (state.kind === "interrupted" && !fresh) return { kind: "connected" };
  if (
    state.kind === "negotiating" ||
    state.kind === "interrupted" ||
    (state.kind === "connected" && fresh)
  ) {
    return {
      kind: "waiting-for-picture",
      attempt: attemptOf(state),
      late: false,
    };
  }
  return state;
}

function onPeerLost(state: ConnectionState): ConnectionState {
  if (state.kind === "connected") return { kind: "interrupted" };
  if (state.kind === "waiting-for-picture") {
    return { kind: "negotiating", attempt: state.attempt, late: state.late };
  }
  return state;
}

function mayRetry(cause: LossCause): boolean {
  switch (cause) {
    case "network":
    case "unreached":
    case "media":
      return true;
    case "left":
      return false;
    default:
      return closeCodes[cause].retry;
  }
}

function onLost(
  failedBefore: number,
  {
    cause,
    random,
    knownToken,
    noToken,
  }: Extract<ConnectionEvent, { type: "lost" }>,
): ConnectionState {
  if (cause === "unauthorized") {
    if (noToken === true)
      return { kind: "needs-token", rejected: false, missing: true };
    const outdated = knownToken === true ? { outdated: true } : {};
    return { kind: "needs-token", rejected: true, ...outdated };
  }
  if (!mayRetry(cause)) return { kind: "stopped", cause };
  const attempt = failedBefore + 1;
  return {
    kind: "waiting-to-retry",
    attempt,
    delayMs: retryDelayMs(attempt, random),
    cause,
  };
}
