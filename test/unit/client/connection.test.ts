import { describe, expect, it } from "vitest";
import {
  causeOfCloseCode,
  hasPicture,
  isLive,
  retryDelayMs,
  transition,
  type ConnectionEvent,
  type ConnectionState,
} from "../../../client/src/connection.ts";

const needsToken: ConnectionState = { kind: "needs-token", rejected: false };
const rejected: ConnectionState = { kind: "needs-token", rejected: true };
const connecting: ConnectionState = { kind: "connecting", attempt: 2 };
const negotiating: ConnectionState = {
  kind: "negotiating",
  attempt: 2,
  late: false,
};
const waiting: ConnectionState = {
  kind: "waiting-for-picture",
  attempt: 2,
  late: false,
};
const connected: ConnectionState = { kind: "connected" };
const interrupted: ConnectionState = { kind: "interrupted" };
const retrying: ConnectionState = {
  kind: "waiting-to-retry",
  attempt: 2,
  delayMs: 1_000,
  cause: "network",
};
const stopped: ConnectionState = { kind: "stopped", cause: "badMessage" };

const states = {
  needsToken,
  rejected,
  connecting,
  negotiating,
  waiting,
  connected,
  interrupted,
  retrying,
  stopped,
};
type Name = keyof typeof states;

const lost = (
  cause: "network" | "unreached" | "unauthorized" | "version",
): ConnectionEvent => ({
  type: "lost",
  cause,
  random: 1,
});
const retry = (attempt: number, delayMs: number): ConnectionState => ({
  kind: "waiting-to-retry",
  attempt,
  delayMs,
  cause: "network",
});
const refused: ConnectionState = { kind: "stopped", cause: "version" };

const left: ConnectionState = { kind: "stopped", cause: "left" };

/** For each event the states that it changes, and into what; every other state must stay as it is. */
const table: {
  event: ConnectionEvent;
  changes: Partial<Record<Name, ConnectionState>>;
}[] = [
  {
    event: { type: "token-given" },
    changes: {
      needsToken: { kind: "connecting", attempt: 0 },
      rejected: { kind: "connecting", attempt: 0 },
    },
  },
  { event: { type: "welcomed" }, changes: { connecting: negotiating } },
  {
    event: { type: "leave" },
    changes: {
      connecting: left,
      negotiating: left,
      waiting: left,
      connected: left,
      interrupted: left,
      retrying: left,
    },
  },
  {
    event: { type: "peer-connected", fresh: true },
    changes: {
      negotiating: waiting,
      connected: { kind: "waiting-for-picture", attempt: 0, late: false },
      interrupted: { kind: "waiting-for-picture", attempt: 0, late: false },
    },
  },
  {
    event: { type: "peer-connected", fresh: false },
    changes: { negotiating: waiting, interrupted: connected },
  },
  {
    event: { type: "peer-lost" },
    changes: { waiting: negotiating, connected: interrupted },
  },
  {
    event: { type: "frame-shown" },
    changes: {
      negotiating: connected,
      waiting: connected,
      interrupted: connected,
    },
  },
  {
    event: { type: "picture-late" },
    changes: {
      negotiating: { ...negotiating, late: true },
      waiting: { ...waiting, late: true },
    },
  },
  {
    event: lost("network"),
    changes: {
      connecting: retry(3, 2_000),
      negotiating: retry(3, 2_000),
      waiting: retry(3, 2_000),
      connected: retry(1, 500),
      interrupted: retry(1, 500),
    },
  },
  {
    event: lost("unauthorized"),
    changes: {
      connecting: rejected,
      negotiating: rejected,
      waiting: rejected,
      connected: rejected,
      interrupted: rejected,
    },
  },
  {
    event: lost("version"),
    changes: {
      connecting: refused,
      negotiating: refused,
      waiting: refused,
      connected: refused,
      interrupted: refused,
    },
  },
  { event: { type: "retry-due" }, changes: { retrying: connecting } },
  {
    event: { type: "try-again" },
    changes: {
      retrying: { kind: "connecting", attempt: 0 },
      stopped: { kind: "connecting", attempt: 0 },
    },
  },
  {
    event: { type: "reopen" },
    changes: {
      connecting: { kind: "connecting", attempt: 2 },
      negotiating: { kind: "connecting", attempt: 2 },
      waiting: { kind: "connecting", attempt: 2 },
      connected: { kind: "connecting", attempt: 0 },
      interrupted: { kind: "connecting", attempt: 0 },
    },
  },
];

describe.each(table)("connection on $event", ({ event, changes }) => {
  it.each(Object.keys(states) as Name[])("from %s", (name) => {
    const before = states[name];
    const after = transition(before, event);
    const expected = changes[name];
    if (expected === undefined) expect(after).toBe(before);
    else expect(after).toEqual(expected);
  });
});

describe("a token that is refused", () => {
  it("is outdated where an agent has accepted it before", () => {
    const event = {
      type: "lost",
      cause: "unauthorized",
      random: 1,
      knownToken: true,
    } as const;
    expect(transition(connecting, event)).toEqual({
      ...rejected,
      outdated: true,
    });
    expect(transition(connecting, { ...event, knownToken: false })).toEqual(
      rejected,
    );
  });
});

describe("back-off", () => {
  it("doubles from half a second to fifteen seconds", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1_000].map((n) => retryDelayMs(n, 1))).toEqual(
      [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000],
    );
  });

  it("spreads over the upper half of each delay", () => {
    expect(retryDelayMs(3, 0)).toBe(1_000);
    expect(retryDelayMs(3, 0.5)).toBe(1_500);
  });
});

describe("close codes", () => {
  it.each([
    [1000, "normal"],
    [1001, "goingAway"],
    [1006, "network"],
    [4401, "unauthorized"],
    [4403, "kicked"],
    [4410, "replaced"],
    [4503, "full"],
    [4999, "network"],
  ] as const)("reads %i as %s", (code, cause) => {
    expect(causeOfCloseCode(code)).toBe(cause);
  });
});

describe("what a state allows", () => {
  it("sends input only while there is a picture", () => {
    const names = (Object.keys(states) as Name[]).filter((name) =>
      hasPicture(states[name]),
    );
    expect(names).toEqual(["connected", "interrupted"]);
  });

  it("keeps a socket in every state from connecting to interrupted", () => {
    const names = (Object.keys(states) as Name[]).filter((name) =>
      isLive(states[name]),
    );
    expect(names).toEqual([
      "connecting",
      "negotiating",
      "waiting",
      "connected",
      "interrupted",
    ]);
  });
});

describe("a session that was never reached", () => {
  it("is tried again, and is not called lost", () => {
    expect(transition(connecting, lost("unreached"))).toMatchObject({
      kind: "waiting-to-retry",
      cause: "unreached",
    });
  });
});

describe("a refusal of nothing", () => {
  it("says that there is no token, not that one was refused", () => {
    const event = { ...lost("unauthorized"), noToken: true } as ConnectionEvent;
    expect(transition(connecting, event)).toEqual({
      kind: "needs-token",
      rejected: false,
      missing: true,
    });
  });
});
