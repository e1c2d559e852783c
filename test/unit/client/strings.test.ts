import { describe, expect, it } from "vitest";
import { bytesWords, limitWords } from "../../../client/src/file-strings.ts";
import { graphWords } from "../../../client/src/panel-strings.ts";
import { retryWords, statusWords } from "../../../client/src/status-strings.ts";
import { healthWords } from "../../../client/src/strings.ts";
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

  it("say at each further try which one it is", () => {
    const words = [0, 1, 4].map(
      (attempt) =>
        statusWords({ kind: "connecting", attempt }, { hasVideo: true }).detail,
    );
    expect(words[0]).toBeUndefined();
    expect(words[1]).toContain("try 1");
    expect(words[2]).toContain("try 4");
  });

  it("tell one that was never reached from one that was lost", () => {
    const state = {
      kind: "waiting-to-retry",
      attempt: 1,
      delayMs: 500,
      cause: "unreached",
    } as const;
    const { headline, detail } = statusWords(state, { hasVideo: true });
    expect(headline).toBe("The session cannot be reached");
    expect(detail).toMatch(/address may be wrong/);
  });

  it("say that the address has no token", () => {
    const state = {
      kind: "needs-token",
      rejected: false,
      missing: true,
    } as const;
    const { headline, detail } = statusWords(state, { hasVideo: true });
    expect(headline).toBe("The address has no access token");
    expect(detail).toMatch(/after #token=/);
  });

  it.each([
    { kind: "waiting-to-retry", attempt: 3, delayMs: 500, cause: "network" },
    { kind: "connecting", attempt: 3 },
  ] as const)(
    "say of a session that has ended that it has, and nothing else: $kind",
    (state) => {
      const { headline } = statusWords(state, { hasVideo: true, ended: true });
      expect(headline).toBe("The session has ended");
    },
  );

  it.each([
    { offline: false, words: /tries again by itself/ },
    { offline: true, words: /device is offline/ },
  ])("say what becomes of a lost one, offline: $offline", (given) => {
    const state = {
      kind: "waiting-to-retry",
      attempt: 1,
      delayMs: 500,
      cause: "network",
    } as const;
    const { offline, words } = given;
    const { headline, detail } = statusWords(state, {
      hasVideo: true,
      offline,
    });
    expect(headline).toBe("Connection lost");
    expect(detail).toMatch(words);
  });
});

describe("sizes of files", () => {
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1_000, "1.0 kB"],
    [9_949, "9.9 kB"],
    [9_960, "10 kB"],
    [12_345, "12 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [999_999, "1.0 MB"],
    [999_999_999, "1.0 GB"],
    [1_500_000, "1.5 MB"],
    [9_100_000_000, "9.1 GB"],
    [2e15, "2000 TB"],
  ])("of %d bytes are %s", (bytes, words) => {
    expect(bytesWords(bytes)).toBe(words);
  });
});

describe("the most bytes that are taken", () => {
  it.each([
    [999, "999 bytes"],
    [1_000, "1 kB"],
    [1_073_741_824, "1.07 GB"],
    [104_857_600, "104 MB"],
    [10_485_760, "10.4 MB"],
    [4_350_000_000, "4.35 GB"],
    [999_999, "999 kB"],
    [100_000_000, "100 MB"],
    [1_099_511_627_776, "1.09 TB"],
  ])("of %d bytes are never said to be more: %s", (bytes, words) => {
    expect(limitWords(bytes)).toBe(words);
  });
});

describe("the words for the graph", () => {
  it("round, and say that nothing is known", () => {
    expect(graphWords(undefined, undefined)).toMatch(/not known/);
    expect(graphWords(12.4, 80.6)).toBe(
      "Round trip: 12 ms now, 81 ms at most in the last minute.",
    );
  });
});
