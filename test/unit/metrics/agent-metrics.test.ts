import { describe, expect, it } from "vitest";
import {
  agentMetrics,
  type MetricsSource,
  type StreamFacts,
} from "../../../agent/metrics/agent-metrics.ts";
import type { HealthSnapshot } from "../../../signaling/protocol.ts";
import { readExposition, valueOf } from "../../fixtures/prometheus-text.ts";

const since = "2026-11-22T00:00:00.000Z";

function health(changed: Partial<HealthSnapshot> = {}): HealthSnapshot {
  const component = { since, restarts: 0, required: false };
  return {
    status: "degraded",
    reasons: ['a "reason"\nwith all that breaks a line'],
    version: "1.2.3",
    startedAt: since,
    display: { width: 640, height: 480 },
    video: [],
    encoders: [
      {
        element: "x264enc",
        codec: "h264",
        family: "software",
        state: "proven",
        since,
        startMs: 92,
        frameMs: 2.5,
        remembered: true,
      },
      {
        element: "nvh264enc",
        codec: "h264",
        family: "nvenc",
        state: "refused",
        reason: "no driver",
        since,
        remembered: false,
      },
    ],
    viewers: 3,
    components: [
      { ...component, name: "video-h264", state: "running", restarts: 2 },
      { ...component, name: "audio", state: "standby" },
    ],
    ...changed,
  };
}

const stage = { meanMs: 2, maxMs: 8 };
const streams: StreamFacts[] = [
  {
    name: "video-h264",
    kind: "video",
    encoder: "x264enc",
    viewers: 2,
    counts: { packets: 70, bytes: 9_000, frames: 40, keyFrames: 3 },
    stages: {
      wait: stage,
      grab: stage,
      convert: stage,
      encode: { meanMs: 4, maxMs: 9 },
      grabbed: 38,
      repeated: 2,
      skipped: 1,
      pendingMs: 5,
    },
  },
  {
    name: "audio",
    kind: "audio",
    encoder: "opusenc",
    viewers: 0,
    counts: { packets: 5, bytes: 100, frames: 1, keyFrames: 5 },
    stages: undefined,
  },
  {
    name: "audio-surround",
    service: "video-h264",
    kind: "audio",
    encoder: "opusenc",
    viewers: 0,
    counts: { packets: 6, bytes: 120, frames: 1, keyFrames: 6 },
    stages: undefined,
  },
];

const encoderCounts = (): ReturnType<MetricsSource["encoderCounts"]> => ({
  failures: [
    { element: "x264enc", kind: "signal", count: 2 },
    { element: "x264enc", kind: "start", count: 1 },
  ],
  events: [{ element: "x264enc", kind: "qos", count: 9 }],
});

type Metrics = ReturnType<typeof readExposition>;

async function scrape(report = health()): Promise<Metrics> {
  const metrics = agentMetrics({
    report: () => report,
    streams: () => streams,
    encoderCounts,
  });
  return readExposition(await metrics.exposition());
}

describe("the metrics", () => {
  it("say what the session is like", async () => {
    const metrics = await scrape();
    expect(valueOf(metrics, "streamspace_info", { version: "1.2.3" })).toBe(1);
    const status = (name: string): number | undefined =>
      valueOf(metrics, "streamspace_status", { status: name });
    expect(["ready", "degraded", "not-ready"].map(status)).toEqual([0, 1, 0]);
    expect(valueOf(metrics, "streamspace_viewers")).toBe(3);
  });

  it("say how many clients have the desktop by VNC, where it is on", async () => {
    const name = "streamspace_vnc_clients";
    expect(valueOf(await scrape(), name)).toBeUndefined();
    const withVnc = health({ vnc: { clients: 2, servers: [] } });
    expect(valueOf(await scrape(withVnc), name)).toBe(2);
  });

  it("say the state and the restarts of each component", async () => {
    const metrics = await scrape();
    const state = { component: "audio", state: "standby" };
    expect(valueOf(metrics, "streamspace_component_state", state)).toBe(1);
    expect(
      valueOf(metrics, "streamspace_component_restarts_total", {
        component: "video-h264",
      }),
    ).toBe(2);
  });

  it("say the state of each encoder, and how it was proven, in seconds", async () => {
    const metrics = await scrape();
    const states = metrics.get("streamspace_encoder_state")?.samples;
    expect(states).toEqual([
      {
        labels: {
          element: "x264enc",
          codec: "h264",
          family: "software",
          state: "proven",
        },
        value: 1,
      },
      {
        labels: {
          element: "nvh264enc",
          codec: "h264",
          family: "nvenc",
          state: "refused",
        },
        value: 1,
      },
    ]);
    const start = metrics.get("streamspace_encoder_proof_start_seconds");
    expect(start?.samples).toEqual([
      { labels: { element: "x264enc" }, value: 0.092 },
    ]);
    const frame = metrics.get("streamspace_encoder_proof_frame_seconds");
    expect(frame?.samples).toEqual([
      { labels: { element: "x264enc" }, value: 0.0025 },
    ]);
  });

  it("say why an encoder is refused, within a bound", async () => {
    const of = (reason: string): Promise<Metrics> =>
      scrape(
        health({
          encoders: health().encoders.map((encoder) =>
            encoder.state === "refused" ? { ...encoder, reason } : encoder,
          ),
        }),
      );
    for (const [reason, told] of [
      ["no driver", "no driver"],
      ["x".repeat(4_000), "x".repeat(200)],
    ] as const) {
      const metrics = await of(reason);
      expect(metrics.get("streamspace_encoder_refused")?.samples).toEqual([
        {
          labels: { element: "nvh264enc", codec: "h264", reason: told },
          value: 1,
        },
      ]);
    }
  });

  it("count failures and events of encoders", async () => {
    const metrics = await scrape();
    const of = (name: string, kind: string): number | undefined =>
      valueOf(metrics, `streamspace_encoder_${name}_total`, {
        element: "x264enc",
        kind,
      });
    expect(of("failures", "signal")).toBe(2);
    expect(of("failures", "start")).toBe(1);
    expect(of("events", "qos")).toBe(9);
  });

  it("ask for the health report once for each reading", async () => {
    let asked = 0;
    const metrics = agentMetrics({
      report: () => {
        asked += 1;
        return health();
      },
      streams: () => streams,
      encoderCounts,
    });
    await metrics.exposition();
    expect(asked).toBe(1);
    await metrics.exposition();
    expect(asked).toBe(2);
  });

  it("count what streams have sent, of sound no frames", async () => {
    const metrics = await scrape();
    const of = (name: string, stream: string): number | undefined =>
      valueOf(metrics, `streamspace_stream_${name}`, { stream });
    expect(of("rtp_packets_total", "video-h264")).toBe(70);
    expect(of("rtp_bytes_total", "video-h264")).toBe(9_000);
    expect(of("frames_total", "video-h264")).toBe(40);
    expect(of("key_frames_total", "video-h264")).toBe(3);
    expect(of("viewers", "video-h264")).toBe(2);
    expect(of("rtp_packets_total", "audio")).toBe(5);
    expect(of("frames_total", "audio")).toBeUndefined();
    expect(of("rtp_packets_total", "audio-surround")).toBe(6);
    const running = metrics.get("streamspace_stream_running")?.samples;
    expect(running).toEqual([
      { labels: { stream: "video-h264", encoder: "x264enc" }, value: 1 },
      { labels: { stream: "audio", encoder: "opusenc" }, value: 0 },
      // It has no service of its own: that of the video stands for one that runs.
      { labels: { stream: "audio-surround", encoder: "opusenc" }, value: 1 },
    ]);
  });

  it("say how long the stages of a host take, and nothing where none runs", async () => {
    const metrics = await scrape();
    const encode = { stream: "video-h264", stage: "encode" };
    expect(valueOf(metrics, "streamspace_stage_mean_seconds", encode)).toBe(
      0.004,
    );
    expect(valueOf(metrics, "streamspace_stage_max_seconds", encode)).toBe(
      0.009,
    );
    expect(metrics.get("streamspace_stage_max_seconds")?.samples).toHaveLength(
      4,
    );
    const host = { stream: "video-h264" };
    expect(valueOf(metrics, "streamspace_host_skipped_total", host)).toBe(1);
    expect(valueOf(metrics, "streamspace_host_pending_seconds", host)).toBe(
      0.005,
    );
  });

  it("forget a state that has passed", async () => {
    let report = health();
    const metrics = agentMetrics({
      report: () => report,
      streams: () => streams,
      encoderCounts,
    });
    await metrics.exposition();
    report = health({ components: [], encoders: [], status: "ready" });
    const read = readExposition(await metrics.exposition());
    expect(read.get("streamspace_component_state")?.samples).toEqual([]);
    expect(read.get("streamspace_encoder_state")?.samples).toEqual([]);
    expect(valueOf(read, "streamspace_status", { status: "ready" })).toBe(1);
  });

  it("do not add up counters that are read twice, nor share them with another agent", async () => {
    const source = { report: health, streams: () => streams, encoderCounts };
    const metrics = agentMetrics(source);
    const other = agentMetrics(source);
    await Promise.all([metrics.exposition(), metrics.exposition()]);
    for (const one of [metrics, other]) {
      const read = readExposition(await one.exposition());
      const labels = { stream: "video-h264" };
      expect(
        valueOf(read, "streamspace_stream_rtp_packets_total", labels),
      ).toBe(70);
    }
  });

  it("measure the agent's own process", async () => {
    const metrics = await scrape();
    const now = Date.now() / 1_000;
    for (const [name, least, most] of [
      ["process_resident_memory_bytes", 1e6, 1e11],
      ["process_cpu_user_seconds_total", 0.001, 1e6],
      ["process_open_fds", 3, 1e6],
      ["process_start_time_seconds", now - 86_400, now],
      ["nodejs_heap_size_used_bytes", 1e5, 1e11],
    ] as const) {
      const value = valueOf(metrics, name) ?? NaN;
      expect(value, name).toBeGreaterThan(least);
      expect(value, name).toBeLessThanOrEqual(most);
    }
  });

  it("cost nothing until somebody asks: no timer, no monitor", () => {
    const before = process.getActiveResourcesInfo().toSorted();
    agentMetrics({
      report: () => {
        throw new Error("nobody has asked");
      },
      streams: () => [],
      encoderCounts,
    });
    expect(process.getActiveResourcesInfo().toSorted()).toEqual(before);
  });
});
