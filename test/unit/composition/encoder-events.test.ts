import { describe, expect, it } from "vitest";
import {
  EncoderEvents,
  lineEveryMs,
} from "../../../agent/composition/encoder-events.ts";
import { recordingLog } from "../../fakes/logs.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const warning = {
  type: "bus",
  severity: "warning",
  source: "encoder",
  domain: "gst-stream-error-quark",
  code: 1,
  text: "it is late",
  debug: "",
} as const;

function world(): {
  clock: ManualClock;
  events: EncoderEvents;
  logged: () => unknown[];
} {
  const clock = new ManualClock();
  const { log, lines } = recordingLog();
  return {
    clock,
    events: new EncoderEvents({ clock, log }),
    logged: () => lines.map((line): unknown => JSON.parse(line)),
  };
}

describe("what happens in encoders", () => {
  it("is counted by element and kind", () => {
    const { events } = world();
    const x264 = events.listener("x264enc");
    x264.onFlood();
    x264.onEvent({ type: "qos", processed: 5, dropped: 1 });
    x264.onEvent({ type: "qos", processed: 6, dropped: 2 });
    x264.onEvent(warning);
    x264.onEvent({ type: "resized", width: 2, height: 2 });
    const settings = { targetBps: 1, frameRate: 1, screen: undefined };
    events.listener("vp8enc").onEvent({ type: "swapped", settings });
    const reason = "no device";
    x264.onEvent({ type: "swap-failed", settings, reason });
    expect(events.events()).toEqual([
      { element: "x264enc", kind: "flood", count: 1 },
      { element: "x264enc", kind: "qos", count: 2 },
      { element: "x264enc", kind: "warning", count: 1 },
      { element: "vp8enc", kind: "swapped", count: 1 },
      { element: "x264enc", kind: "swap-failed", count: 1 },
    ]);
    events.onFailed("x264enc", "signal");
    events.onFailed("x264enc", "signal");
    events.onFailed("x264enc", "start");
    expect(events.failures()).toEqual([
      { element: "x264enc", kind: "signal", count: 2 },
      { element: "x264enc", kind: "start", count: 1 },
    ]);
  });

  it("is in the log with GStreamer's own words", () => {
    const { events, logged } = world();
    events.listener("x264enc").onEvent(warning);
    expect(logged()).toMatchObject([
      {
        msg: "GStreamer says",
        event: { severity: "warning", source: "encoder", said: "it is late" },
      },
    ]);
  });

  it("takes one line a second of the log for each element, with the number of those left out", () => {
    const { clock, events, logged } = world();
    const x264 = events.listener("x264enc");
    for (let count = 0; count < 100; count += 1) x264.onEvent(warning);
    expect(logged()).toMatchObject([{ element: "x264enc" }]);
    expect(logged()[0]).not.toHaveProperty("leftOut");
    events.listener("vp8enc").onEvent(warning);
    expect(logged()).toHaveLength(2);
    clock.advance(lineEveryMs);
    for (let count = 0; count < 100; count += 1) x264.onEvent(warning);
    expect(logged()).toHaveLength(3);
    expect(logged().at(-1)).toMatchObject({ element: "x264enc", leftOut: 99 });
    expect(events.events()).toContainEqual({
      element: "x264enc",
      kind: "warning",
      count: 200,
    });
  });
});
