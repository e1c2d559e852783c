import { describe, expect, test } from "vitest";
import {
  healthReport,
  isFailing,
  isUsable,
  toleratedFailures,
  type HealthFacts,
} from "../../../agent/health/health-report.ts";
import type { ServiceSnapshot } from "../../../agent/supervisor/service.ts";
import type { ServiceState } from "../../../agent/supervisor/service-state.ts";
import { healthSnapshot } from "../../../signaling/protocol.ts";
import * as v from "valibot";

const base = { generation: 1, failures: 0 };
const running: ServiceState = { name: "running", ...base, sinceMs: 0 };
const standby: ServiceState = { name: "standby", ...base };
const waiting: ServiceState = { name: "waiting", ...base };
const starting: ServiceState = { name: "starting", ...base };
const stopping: ServiceState = { name: "stopping", ...base };
const stopped: ServiceState = {
  name: "stopped",
  ...base,
  reason: "exited with code 0",
};
const backingOff: ServiceState = {
  name: "backing-off",
  generation: 2,
  failures: 2,
  delayMs: 200,
  reason: "was ended by SIGKILL",
};

function service(
  name: string,
  state: ServiceState,
  more: Partial<ServiceSnapshot> = {},
): ServiceSnapshot {
  return {
    name,
    state,
    sinceMs: 1_700_000_000_000,
    restarts: 0,
    proven: true,
    required: false,
    lastError: undefined,
    lastLines: [],
    ...more,
  };
}

/** A session in which all is well, with some of its services replaced. */
function facts(
  changed: Record<string, ServiceSnapshot> = {},
  more: Partial<HealthFacts> = {},
): HealthFacts {
  const services = {
    display: service("display", running, { required: true }),
    sound: service("sound", running),
    application: service("application", running),
    "video-h264": service("video-h264", standby),
    "video-vp8": service("video-vp8", standby, { proven: false }),
    ...changed,
  };
  return {
    version: "1.2.3",
    startedAtMs: 1_700_000_000_000,
    display: {
      ...{ width: 1_920, height: 1_080, responsive: true },
      server: "kasmvnc",
    },
    services: Object.values(services),
    video: [
      {
        codec: "h264",
        encoder: "x264enc",
        capture: "on damage",
        service: "video-h264",
        viewers: 2,
      },
      {
        codec: "vp8",
        encoder: "vp8enc",
        capture: "on damage",
        service: "video-vp8",
        viewers: 0,
      },
    ],
    encoders: [],
    encoderTroubles: [],
    viewers: 2,
    shortages: { blocking: [], lacking: [] },
    ending: false,
    ...more,
  };
}

describe("the status", () => {
  const unproven = (
    name: string,
    state: ServiceState,
    lastError?: string,
  ): ServiceSnapshot => service(name, state, { proven: false, lastError });
  const noVideo = "no video encoder has produced a picture";
  test.each([
    { what: "all is well", given: facts(), status: "ready", reasons: [] },
    {
      what: "the display restarts",
      given: facts({
        display: service("display", backingOff, { required: true }),
      }),
      status: "not-ready",
      reasons: ["display was ended by SIGKILL"],
    },
    {
      what: "the display starts",
      given: facts(
        { display: service("display", starting, { required: true }) },
        { display: undefined },
      ),
      status: "not-ready",
      reasons: ["display is being started"],
    },
    {
      what: "the display hangs",
      given: facts(
        {},
        {
          display: {
            ...{ width: 1, height: 1, responsive: false, server: undefined },
          },
        },
      ),
      status: "not-ready",
      reasons: ["the display does not answer"],
    },
    {
      what: "no encoder has worked yet",
      given: facts({ "video-h264": unproven("video-h264", starting) }),
      status: "not-ready",
      reasons: [noVideo],
    },
    {
      what: "every encoder fails",
      given: facts({
        "video-h264": unproven("video-h264", backingOff),
        "video-vp8": unproven("video-vp8", backingOff),
      }),
      status: "not-ready",
      reasons: [
        noVideo,
        "video-h264 was ended by SIGKILL",
        "video-vp8 was ended by SIGKILL",
      ],
    },
    {
      what: "one encoder fails and another works",
      given: facts({
        "video-h264": unproven("video-h264", backingOff),
        "video-vp8": service("video-vp8", running),
      }),
      status: "degraded",
      reasons: ["video-h264 was ended by SIGKILL"],
    },
    {
      what: "an encoder starts again for a viewer, having worked",
      given: facts({ "video-h264": service("video-h264", starting) }),
      status: "ready",
      reasons: [],
    },
    {
      what: "the only encoder that works backs off after an accident",
      given: facts({ "video-h264": service("video-h264", backingOff) }),
      status: "degraded",
      reasons: ["video-h264 was ended by SIGKILL"],
    },
    {
      what: "it starts again after the accident",
      given: facts({
        "video-h264": service(
          "video-h264",
          { ...starting, failures: 1 },
          { lastError: "was ended by SIGKILL" },
        ),
      }),
      status: "degraded",
      reasons: ["video-h264 is being started: was ended by SIGKILL"],
    },
    {
      what: "it has failed too often",
      given: facts({
        "video-h264": service("video-h264", {
          ...backingOff,
          failures: toleratedFailures + 1,
        }),
      }),
      status: "not-ready",
      reasons: [noVideo, "video-h264 was ended by SIGKILL"],
    },
    {
      what: "an encoder rests that failed when it was last used",
      given: facts({
        "video-h264": service("video-h264", running),
        "video-vp8": unproven(
          "video-vp8",
          { ...standby, failures: 1 },
          "no element",
        ),
      }),
      status: "degraded",
      reasons: ["video-vp8 rests after a failure: no element"],
    },
    {
      what: "sound fails",
      given: facts({ sound: service("sound", backingOff) }),
      status: "degraded",
      reasons: ["sound was ended by SIGKILL"],
    },
    {
      what: "the application waits for the display's return",
      given: facts({ application: service("application", waiting) }),
      status: "degraded",
      reasons: ["application waits for what it depends on"],
    },
    {
      what: "the application has ended, as its policy allows",
      given: facts({ application: service("application", stopped) }),
      status: "ready",
      reasons: [],
    },
    {
      what: "a pipeline is being stopped because its last viewer left",
      given: facts({ "video-h264": service("video-h264", stopping) }),
      status: "ready",
      reasons: [],
    },
    {
      what: "the session is ending, whatever else is wrong",
      given: facts(
        { display: service("display", stopping, { required: true }) },
        { ending: true },
      ),
      status: "not-ready",
      reasons: ["the session is ending"],
    },
  ])("is $status when $what", ({ given, status, reasons }) => {
    expect(healthReport(given)).toMatchObject({ status, reasons });
  });
});

describe("the report", () => {
  test("says of each encoder why it is used or not", () => {
    const verdict = (snapshot: ServiceSnapshot): string | undefined =>
      healthReport(facts({ "video-h264": snapshot })).video[0]?.why;
    expect(verdict(service("video-h264", running))).toBe(
      "its packets arrive; on damage",
    );
    expect(verdict(service("video-h264", standby))).toBe(
      "it worked when it was last used; on damage",
    );
    expect(
      verdict(
        service("video-h264", backingOff, {
          proven: false,
          lastError: "no x264enc",
        }),
      ),
    ).toBe("no x264enc; on damage");
    expect(verdict(service("video-h264", standby, { proven: false }))).toBe(
      "nobody has needed it yet; on damage",
    );
  });

  test("follows the protocol's schema, with and without a display", () => {
    const broken = {
      display: service("display", backingOff, {
        required: true,
        lastError: "x",
      }),
    };
    for (const given of [facts(), facts(broken, { display: undefined })]) {
      const report = healthReport(given);
      expect(
        v.parse(healthSnapshot, JSON.parse(JSON.stringify(report))),
      ).toEqual(report);
    }
  });

  test("names state, time, reason and last error of each component", () => {
    const report = healthReport(
      facts({
        sound: service("sound", backingOff, { restarts: 3, lastError: "gone" }),
      }),
    );
    expect(report.components.find(({ name }) => name === "sound")).toEqual({
      name: "sound",
      state: "backing-off",
      since: "2023-11-14T22:13:20.000Z",
      restarts: 3,
      required: false,
      reason: "was ended by SIGKILL",
      lastError: "gone",
    });
  });
});

describe("a part that runs and is not well", () => {
  const trouble = { what: "does not answer", sinceMs: 1_700_000_100_000 };

  test("says so, and since when, and degrades the session", () => {
    const report = healthReport(
      facts({ application: service("application", running, { trouble }) }),
    );
    expect(report).toMatchObject({
      status: "degraded",
      reasons: ["application does not answer"],
    });
    const { components } = report;
    expect(components.find(({ name }) => name === "application")).toMatchObject(
      {
        state: "running",
        since: "2023-11-14T22:15:00.000Z",
        reason: "does not answer",
      },
    );
  });
});

test("what the machine does not give blocks or degrades", () => {
  const given = (blocking: string[], lacking: string[]): HealthFacts =>
    facts({}, { shortages: { blocking, lacking } });
  expect(healthReport(given(["no files"], ["no room"]))).toMatchObject({
    status: "not-ready",
    reasons: ["no files", "no room"],
  });
  expect(healthReport(given([], ["no room"]))).toMatchObject({
    status: "degraded",
    reasons: ["no room"],
  });
});

test.each([
  { what: "running", snapshot: service("v", running), failing: false },
  { what: "resting", snapshot: service("v", standby), failing: false },
  { what: "waiting", snapshot: service("v", waiting), failing: false },
  { what: "not there", snapshot: undefined, failing: false },
  ...[starting, backingOff].flatMap((state) =>
    [toleratedFailures, toleratedFailures + 1].map((failures) => ({
      what: `${state.name} after ${failures} failures`,
      snapshot: service("v", { ...state, failures }),
      failing: failures > toleratedFailures,
    })),
  ),
])("failing: $what: $failing", ({ snapshot, failing }) => {
  expect(isFailing(snapshot)).toBe(failing);
});

describe("isUsable", () => {
  test.each([
    {
      what: "running and proven",
      snapshot: service("v", running),
      usable: true,
    },
    {
      what: "resting and proven",
      snapshot: service("v", standby),
      usable: true,
    },
    {
      what: "starting after a proven run",
      snapshot: service("v", starting),
      usable: true,
    },
    ...[starting, backingOff].flatMap((state) => [
      {
        what: `${state.name} after a failure or two`,
        snapshot: service("v", { ...state, failures: toleratedFailures }),
        usable: true,
      },
      {
        what: `${state.name} after one too many`,
        snapshot: service("v", { ...state, failures: toleratedFailures + 1 }),
        usable: false,
      },
      {
        what: `${state.name} after a start that failed`,
        snapshot: service("v", { ...state, failures: 1 }, { proven: false }),
        usable: false,
      },
    ]),
    { what: "waiting", snapshot: service("v", waiting), usable: false },
    {
      what: "never proven",
      snapshot: service("v", running, { proven: false }),
      usable: false,
    },
    { what: "not there", snapshot: undefined, usable: false },
  ])("$what: $usable", ({ snapshot, usable }) => {
    expect(isUsable(snapshot)).toBe(usable);
  });
});
