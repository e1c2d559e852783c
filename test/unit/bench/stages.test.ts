import { describe, expect, it } from "vitest";
import { stagesOf } from "../../bench/encode/cost.ts";
import {
  stagedHostPipeline,
  stagedPollingPipeline,
  stageOfHostThread,
  stageOfPollingThread,
  sumByStage,
  withQueue,
} from "../../bench/encode/stages.ts";
import {
  parseSchedstat,
  threadTimesBetween,
  type ThreadTime,
} from "../../bench/encode/thread-time.ts";
import { idealEncoder } from "../../fixtures/encoders.ts";

const thread = (name: string, cpuMs: number, threadId = 1): ThreadTime => ({
  threadId,
  name,
  cpuMs,
});
const options = { frameRate: 60, bitrateBps: 4_000_000, threads: 2 };

describe("time of threads", () => {
  it("is the first number of schedstat, in nanoseconds", () => {
    expect(parseSchedstat("1500000 42 7\n")).toBe(1.5);
    expect(parseSchedstat("")).toBeUndefined();
    expect(parseSchedstat("1 2")).toBeUndefined();
  });

  it("counts a thread that is new from its start, and forgets one that has ended", () => {
    const before = [thread("a", 10, 1), thread("gone", 99, 2)];
    const after = [thread("a", 12, 1), thread("new", 5, 3)];
    expect(threadTimesBetween(before, after)).toEqual([
      thread("a", 2, 1),
      thread("new", 5, 3),
    ]);
  });
});

describe("pipelines of the benchmark", () => {
  it("packetise in a thread of their own behind the host's encoder", async () => {
    const encoder = await idealEncoder("x264enc");
    const { args } = stagedHostPipeline(encoder, options);
    const queue = args.indexOf("name=packets");
    expect(args.slice(queue - 1, queue + 3)).toEqual([
      "queue",
      "name=packets",
      "!",
      "rtph264pay",
    ]);
    expect(queue).toBeGreaterThan(args.indexOf("x264enc"));
  });

  it("have a thread for each stage where they poll", async () => {
    const encoder = await idealEncoder("vp8enc");
    const { args } = stagedPollingPipeline({
      ...options,
      encoder,
      display: ":7",
    });
    const after = (name: string): string | undefined =>
      args[args.indexOf(name) + 2];
    expect(after("name=grabbed")).toBe("videoconvert");
    expect(after("name=raw")).toBe("vp8enc");
    expect(after("name=packets")).toBe("rtpvp8pay");
  });

  it("stay as they are without the element", () => {
    expect(withQueue(["a", "!", "b"], "c", "q")).toEqual(["a", "!", "b"]);
  });
});

describe("stages", () => {
  it("of a host are told by the names of its threads", () => {
    const names = {
      MainThread: "main",
      V8Worker: "main",
      "libuv-worker": "main",
      "source:src": "encode",
      "packets:src": "packetise",
      "rtpsession-rtcp": "packetise",
    } as const;
    for (const [name, stage] of Object.entries(names))
      expect(stageOfHostThread(thread(name, 0)), name).toBe(stage);
  });

  it("of gst-launch too", () => {
    const names = {
      "ximagesrc0:src": "capture",
      "grabbed:src": "convert",
      "raw:src": "encode",
      "packets:src": "packetise",
      "fdsrc0:src": "packetise",
    } as const;
    for (const [name, stage] of Object.entries(names))
      expect(stageOfPollingThread(thread(name, 0)), name).toBe(stage);
  });

  it("add up threads of one stage", () => {
    const threads = [thread("raw:src", 2), thread("raw:src", 3)];
    expect(sumByStage(threads, stageOfPollingThread)).toEqual(
      new Map([["encode", 5]]),
    );
  });

  it("share a host's main thread between capture and conversion", () => {
    const threads = [
      thread("MainThread", 90),
      thread("V8Worker", 10),
      thread("source:src", 400),
      thread("packets:src", 20),
    ];
    expect(stagesOf("host", threads, 100, 0.4)).toEqual({
      capture: 0.6,
      convert: 0.4,
      encode: 4,
      packetise: 0.2,
    });
    // A wall time that contains a wait for the processor cannot make capture negative.
    expect(stagesOf("host", threads, 100, 3)).toMatchObject({
      capture: 0,
      convert: 1,
    });
  });
});
