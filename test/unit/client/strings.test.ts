import { describe, expect, it } from "vitest";
import {
  healthWords,
  retryWords,
  statusWords,
} from "../../../client/src/strings.ts";
import type { HealthSnapshot } from "../../../signaling/protocol.ts";

const healthy: HealthSnapshot = {
  status: "ready",
  reasons: [],
  version: "1",
  startedAt: "2026-01-01T00:00:00Z",
  display: null,
  video: [],
  encoders: [],
  viewers: 1,
  components: [
    {
      name: "display",
      state: "running",
      since: "2026-01-01T00:00:00Z",
      restarts: 0,
      required: true,
    },
    {
      name: "application",
      state: "backing-off",
      since: "2026-01-01T00:00:00Z",
      restarts: 3,
      reason: "exited with code 1",
      required: false,
    },
  ],
};

describe("the words for the session's health", () => {
  it("are none while it is ready or unknown", () => {
    expect(healthWords(healthy)).toEqual([]);
    expect(healthWords(undefined)).toEqual([]);
  });

  it("are the agent's reasons where it gives any", () => {
    const words = { status: "not-ready" as const, reasons: ["No display."] };
    expect(healthWords({ ...healthy, ...words })).toEqual(["No display."]);
  });

  it("otherwise name the component that is in trouble, and why", () => {
    expect(healthWords({ ...healthy, status: "degraded" })).toEqual([
      "application is backing off: exited with code 1",
    ]);
  });
});

describe("the words for the connection", () => {
  it("count whole seconds down to one", () => {
    expect([3_000, 2_001, 900, 0, -5].map(retryWords)).toEqual([
      "Next try in 3 s",
      "Next try in 3 s",
      "Next try in 1 s",
      "Next try in 1 s",
      "Next try in 1 s",
    ]);
  });

  it("say that no frame came in time", () => {
    const late = {
      kind: "waiting-for-picture",
      attempt: 0,
      late: true,
    } as const;
    expect(statusWords(late, { hasVideo: true }).headline).toBe(
      "No picture yet",
    );
    expect(statusWords(late, { hasVideo: false }).headline).toBe(
      "No picture in this browser",
    );
  });

  it("tell a token that was refused from one that is missing", () => {
    const words = [true, false].map(
      (rejected) =>
        statusWords({ kind: "needs-token", rejected }, { hasVideo: true })
          .headline,
    );
    expect(words).toEqual(["This token was not accepted", "Open the desktop"]);
    const outdated = {
      kind: "needs-token",
      rejected: true,
      outdated: true,
    } as const;
    expect(statusWords(outdated, { hasVideo: true }).headline).toBe(
      "The session was started anew",
    );
  });
});
