/**
 * What `/metrics` says of a session: of its encoders, streams, components and viewers. Read from the health report
 * and from counters that exist anyway, when somebody asks.
 */
import type { RtpCounts } from "../../encoders/rtp-source.ts";
import {
  healthStatuses,
  type HealthSnapshot,
} from "../../signaling/protocol.ts";
import { addOrchestrationMetrics } from "./orchestration-metrics.ts";
import {
  addEncoderMetrics,
  type EncoderMetricsSource,
} from "./encoder-metrics.ts";
import { MetricSet, type Sample } from "./metric-set.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { addStageMetrics, type StageFacts } from "./stage-metrics.ts";

/** A stream of the session, as metrics see it. */
export interface StreamFacts {
  /** E.g. `video-h264`. */
  name: string;
  /** Of the service that makes it, where that has another name. */
  service?: string;
  kind: "video" | "audio";
  encoder: string;
  viewers: number;
  counts: Readonly<RtpCounts>;
  /** What its child last said of its work; `undefined` while none runs, or where it says nothing. */
  stages: StageFacts | undefined;
}

/** Where metrics get their values. Every call is synchronous and cheap. */
export interface MetricsSource extends EncoderMetricsSource {
  report(): HealthSnapshot;
  streams(): readonly StreamFacts[];
}

/** Every metric of the agent. `source` is asked once for each exposition, however many metrics come of an answer. */
export function agentMetrics(source: MetricsSource): MetricSet {
  const reading = new Reading(source);
  const metrics = new MetricSet(() => {
    reading.forget();
  });
  addSessionMetrics(metrics, reading);
  addOrchestrationMetrics(metrics, () => reading.report());
  addComponentMetrics(metrics, reading);
  addEncoderMetrics(metrics, reading);
  addStreamMetrics(metrics, reading);
  addStageMetrics(metrics, () =>
    reading.streams().map(({ name, stages }) => ({ stream: name, stages })),
  );
  addProcessMetrics(metrics);
  return metrics;
}

/** What a source said when it was last asked. */
class Reading implements MetricsSource {
  readonly #source: MetricsSource;
  #report: HealthSnapshot | undefined;
  #streams: readonly StreamFacts[] | undefined;

  constructor(source: MetricsSource) {
    this.#source = source;
  }

  /** Forgets what was said. */
  forget(): void {
    this.#report = undefined;
    this.#streams = undefined;
  }

  report(): HealthSnapshot {
    return (this.#report ??= this.#source.report());
  }

  streams(): readonly StreamFacts[] {
    return (this.#streams ??= this.#source.streams());
  }

  encoderCounts(): ReturnType<MetricsSource["encoderCounts"]> {
    return this.#source.encoderCounts();
  }
}

function addSessionMetrics(metrics: MetricSet, source: MetricsSource): void {
  metrics.gauge({
    name: "streamspace_info",
    help: "Always 1; the label is the version of the agent.",
    labels: ["version"],
    read: () => [{ labels: { version: source.report().version }, value: 1 }],
  });
  metrics.gauge({
    name: "streamspace_status",
    help: "1 for the status of the session, 0 for the others.",
    labels: ["status"],
    read: () => {
      const { status: now } = source.report();
      return healthStatuses.map((status) => ({
        labels: { status },
        value: Number(status === now),
      }));
    },
  });
  metrics.gauge({
    name: "streamspace_viewers",
    help: "Viewers that are connected.",
    read: () => [{ value: source.report().viewers }],
  });
  metrics.gauge({
    name: "streamspace_vnc_clients",
    help: "VNC clients that are connected, a page whose picture comes by VNC among them; absent where VNC is off.",
    read: () => {
      const { vnc } = source.report();
      return vnc === undefined ? [] : [{ value: vnc.clients }];
    },
  });
}

function addComponentMetrics(metrics: MetricSet, source: MetricsSource): void {
  metrics.gauge({
    name: "streamspace_component_state",
    help: "1 for the state that a part of the session is in; other states are absent.",
    labels: ["component", "state"],
    read: () =>
      source.report().components.map(({ name, state }) => ({
        labels: { component: name, state },
        value: 1,
      })),
  });
  metrics.counter({
    name: "streamspace_component_restarts_total",
    help: "Times a part of the session was started again after a failure.",
    labels: ["component"],
    read: () =>
      source.report().components.map(({ name, restarts }) => ({
        labels: { component: name },
        value: restarts,
      })),
  });
}

function addStreamMetrics(metrics: MetricSet, source: MetricsSource): void {
  metrics.gauge({
    name: "streamspace_stream_running",
    help: "Whether the encoder of a stream runs; streams run while somebody watches.",
    labels: ["stream", "encoder"],
    read: () => {
      const { components } = source.report();
      return source.streams().map(({ name, service = name, encoder }) => ({
        labels: { stream: name, encoder },
        value: Number(
          components.find((component) => component.name === service)?.state ===
            "running",
        ),
      }));
    },
  });
  metrics.gauge({
    name: "streamspace_stream_viewers",
    help: "Viewers that receive a stream.",
    labels: ["stream"],
    read: () =>
      source.streams().map(({ name, viewers }) => ({
        labels: { stream: name },
        value: viewers,
      })),
  });
  const counted = (
    field: keyof RtpCounts,
    { kind: only }: { kind?: StreamFacts["kind"] } = {},
  ): (() => Sample[]) => {
    return () =>
      source
        .streams()
        .filter(({ kind }) => only === undefined || kind === only)
        .map(({ name, counts }) => ({
          labels: { stream: name },
          value: counts[field],
        }));
  };
  const labels = ["stream"];
  metrics.counter({
    name: "streamspace_stream_rtp_packets_total",
    help: "RTP packets that encoders have made, each once however many viewers there are.",
    labels,
    read: counted("packets"),
  });
  metrics.counter({
    name: "streamspace_stream_rtp_bytes_total",
    help: "Bytes of these packets.",
    labels,
    read: counted("bytes"),
  });
  metrics.counter({
    name: "streamspace_stream_frames_total",
    help: "Frames of video that encoders have made.",
    labels,
    read: counted("frames", { kind: "video" }),
  });
  metrics.counter({
    name: "streamspace_stream_key_frames_total",
    help: "Key frames among them.",
    labels,
    read: counted("keyFrames", { kind: "video" }),
  });
}
