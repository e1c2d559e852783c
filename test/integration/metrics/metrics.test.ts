/**
 * `/metrics` of a real agent.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poll } from "../../../agent/base/deadline.ts";
import { startAgent, type AgentProcess } from "../../fixtures/agent-process.ts";
import {
  readExposition,
  valueOf,
  type ReadMetric,
} from "../../fixtures/prometheus-text.ts";

let agent: AgentProcess;
let response: Response;
let text: string;
let metrics: Map<string, ReadMetric>;

const ofVideo = (name: string): number | undefined =>
  valueOf(metrics, `streamspace_stream_${name}`, { stream: "video-h264" });

beforeAll(async () => {
  agent = await startAgent();
  await agent.waitForHealth(
    "every proof",
    ({ encoders }) =>
      encoders.every(({ state }) => state === "proven" || state === "refused"),
    30_000,
  );
  // The agent is ready with the first packet of a frame, and its last one comes a moment later.
  await poll(
    async () => {
      response = await fetch(new URL("/metrics", agent.url));
      text = await response.text();
      metrics = readExposition(text);
      return (ofVideo("frames_total") ?? 0) > 0 || undefined;
    },
    { everyMs: 20, timeoutMs: 5_000, what: "the end of the first frame" },
  );
}, 60_000);

afterAll(() => agent.close());

describe("/metrics", () => {
  it("is open, in Prometheus' text format, and never cached", () => {
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(
      "text/plain; version=0.0.4; charset=utf-8",
    );
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("has a type and a description for everything, and names as they should be", () => {
    for (const [name, { type, help }] of metrics) {
      expect(type, name).toMatch(/^(gauge|counter)$/);
      expect(help, name).toMatch(/\.$/);
      expect(name).toMatch(/^(streamspace|process|nodejs)_[a-z_]+$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
    }
  });

  it("tells of every encoder what health tells", async () => {
    const { encoders } = await agent.health();
    expect(encoders.length).toBeGreaterThan(10);
    for (const { element, codec, family, state } of encoders) {
      const labels = { element, codec, family, state };
      expect(
        valueOf(metrics, "streamspace_encoder_state", labels),
        element,
      ).toBe(1);
    }
    const x264 = { element: "x264enc" };
    const start = "streamspace_encoder_proof_start_seconds";
    expect(valueOf(metrics, start, x264)).toBeGreaterThan(0);
  });

  it("has counted the frames by which the agent has shown that it works", () => {
    const of = (name: string): number => ofVideo(name) ?? NaN;
    expect(of("key_frames_total")).toBeGreaterThanOrEqual(1);
    expect(of("frames_total")).toBeGreaterThanOrEqual(of("key_frames_total"));
    expect(of("rtp_packets_total")).toBeGreaterThanOrEqual(of("frames_total"));
    expect(of("rtp_bytes_total")).toBeGreaterThan(1_000);
  });

  it("tells of the session", () => {
    const display = { component: "display", state: "running" };
    expect(valueOf(metrics, "streamspace_component_state", display)).toBe(1);
    expect(valueOf(metrics, "streamspace_viewers")).toBe(0);
    expect(metrics.get("streamspace_info")?.samples).toHaveLength(1);
  });

  it("keeps what is nobody's business to itself", () => {
    expect(text).not.toContain(agent.token);
    expect(text).not.toContain(agent.folder);
  });

  it("answers several at once", async () => {
    const scrapes = Array.from({ length: 5 }, async () => {
      const answer = await fetch(new URL("/metrics", agent.url));
      return readExposition(await answer.text()).size;
    });
    expect(new Set(await Promise.all(scrapes))).toEqual(
      new Set([metrics.size]),
    );
  });
});
