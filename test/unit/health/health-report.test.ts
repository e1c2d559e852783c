import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  healthReport,
  toleratedFailures,
  type HealthFacts,
} from "../../../agent/health/health-report.ts";
import type { ServiceSnapshot } from "../../../agent/supervisor/service.ts";
import type { ServiceState } from "../../../agent/supervisor/service-state.ts";
import { healthSnapshot } from "../../../signaling/protocol.ts";
import {
  backingOff,
  facts,
  running,
  service,
  standby,
  starting,
  stopped,
  stopping,
  waiting,
} from "../../fixtures/health-facts.ts";

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
