import { describe, expect, it } from "vitest";
import {
  encoderChoiceInWords,
  encoderHealth,
  hasNoEncoder,
} from "../../../agent/health/encoder-health.ts";
import type { CandidateReport } from "../../../encoders/proof/catalogue.ts";

function report(
  element: string,
  changed: Partial<CandidateReport> = {},
): CandidateReport {
  return {
    element,
    codec: "h264",
    family: "software",
    state: "proven",
    sinceMs: 1_700_000_000_000,
    ...changed,
  };
}

const reports = [
  report("nvh264enc", { state: "refused", reason: "CUDA has no device" }),
  report("vah264enc", {
    state: "refused",
    reason: "GStreamer has no element vah264enc here",
    missing: "vah264enc",
  }),
  report("x264enc", { startMs: 92, frameMs: 2.5, isRemembered: true }),
  report("openh264enc", { startMs: 70, frameMs: 3 }),
  report("vp8enc", { codec: "vp8", startMs: 60 }),
];
const trouble = {
  element: "x264enc",
  reason: "was ended by SIGSEGV",
  sinceMs: 1_700_000_060_000,
  isBarred: true,
};

describe("why an encoder encodes", () => {
  const words = (element: string, encoderTroubles = [trouble]): string[] =>
    encoderChoiceInWords("h264", element, {
      encoders: reports,
      encoderTroubles,
    });

  it("names what is preferred and does not work, and the proof", () => {
    expect(words("x264enc", [])).toEqual([
      "not installed: vah264enc",
      "nvh264enc refused: CUDA has no device",
      "x264enc proven in 92 ms",
    ]);
  });

  it("names what has failed in the session", () => {
    expect(words("openh264enc")).toEqual([
      "not installed: vah264enc",
      "nvh264enc refused: CUDA has no device",
      "x264enc failed: was ended by SIGSEGV",
      "openh264enc proven in 70 ms",
    ]);
  });

  it("says why the best is not taken, for as long as another runs in its place", () => {
    const choice = (encoderTroubles: (typeof trouble)[]): string[] =>
      encoderChoiceInWords("h264", "openh264enc", {
        encoders: reports,
        encoderTroubles,
        whyBelowBest: "x264enc: was ended by SIGSEGV",
      });
    const words = [
      "not installed: vah264enc",
      "nvh264enc refused: CUDA has no device",
      "in place of x264enc: was ended by SIGSEGV",
      "openh264enc proven in 70 ms",
    ];
    expect(choice([trouble])).toEqual(words);
    expect(choice([]), "its bar has ended meanwhile").toEqual(words);
  });

  it("does not hold a single failure against an encoder", () => {
    const once = [{ ...trouble, isBarred: false }];
    expect(words("openh264enc", once).join()).not.toContain("SIGSEGV");
  });
});

describe("the health of an encoder", () => {
  it("is as it was proven", () => {
    expect(reports.slice(2, 3).map((one) => encoderHealth(one, []))).toEqual([
      {
        element: "x264enc",
        codec: "h264",
        family: "software",
        state: "proven",
        since: "2023-11-14T22:13:20.000Z",
        startMs: 92,
        frameMs: 2.5,
        remembered: true,
      },
    ]);
  });

  it("is failed where the session gives it a rest, since it failed", () => {
    const [one] = reports.slice(2).map((of) => encoderHealth(of, [trouble]));
    expect(one).toMatchObject({
      state: "failed",
      reason: "was ended by SIGSEGV",
      since: "2023-11-14T22:14:20.000Z",
    });
  });
});

it("knows a codec that nothing encodes from one that is not looked at yet", () => {
  expect(hasNoEncoder("h264", reports)).toBe(false);
  expect(hasNoEncoder("h264", reports.slice(0, 2))).toBe(true);
  expect(hasNoEncoder("h264", [report("x264enc", { state: "proving" })])).toBe(
    false,
  );
  expect(hasNoEncoder("vp9", reports)).toBe(false);
});
