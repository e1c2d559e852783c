/**
 * What `/metrics` says of encoders: what is known of each, how it was proven or why not, and what became of it.
 */
import type { HealthSnapshot } from "../../signaling/protocol.ts";
import type { MetricSet, Sample } from "./metric-set.ts";

/** How often something happened to an encoder. */
export interface EncoderTally {
  element: string;
  kind: string;
  count: number;
}

/** Where metrics of encoders get their values. */
export interface EncoderMetricsSource {
  report(): Pick<HealthSnapshot, "encoders">;
  encoderCounts(): {
    failures: readonly EncoderTally[];
    events: readonly EncoderTally[];
  };
}

/** A label is no place for a driver's whole complaint, in characters. */
const maxReasonLength = 200;

/** Adds the metrics of encoders. */
export function addEncoderMetrics(
  metrics: MetricSet,
  source: EncoderMetricsSource,
): void {
  metrics.gauge({
    name: "streamspace_encoder_state",
    help: "1 for what is known of an encoder; other states are absent.",
    labels: ["element", "codec", "family", "state"],
    read: () =>
      source.report().encoders.map(({ element, codec, family, state }) => ({
        labels: { element, codec, family, state },
        value: 1,
      })),
  });
  metrics.gauge({
    name: "streamspace_encoder_refused",
    help: "1 for an encoder that cannot be used here, with the reason; others are absent.",
    labels: ["element", "codec", "reason"],
    read: () =>
      source
        .report()
        .encoders.filter(({ state }) => state === "refused")
        .map(({ element, codec, reason = "unknown" }) => ({
          labels: { element, codec, reason: reason.slice(0, maxReasonLength) },
          value: 1,
        })),
  });
  addProofTimes(metrics, source);
  const counted = (field: "failures" | "events"): (() => Sample[]) => {
    return () =>
      source.encoderCounts()[field].map(({ element, kind, count }) => ({
        labels: { element, kind },
        value: count,
      }));
  };
  metrics.counter({
    name: "streamspace_encoder_failures_total",
    help: "Times an encoder failed: its process ended by exit-code or signal, was stalled or sent garbage, did not start (start) or too late (slow-start).",
    labels: ["element", "kind"],
    read: counted("failures"),
  });
  metrics.counter({
    name: "streamspace_encoder_events_total",
    help: "What else happened in encoders: warning, error and qos messages of GStreamer, flood of output, swapped and swap-failed for changes under gst-launch.",
    labels: ["element", "kind"],
    read: counted("events"),
  });
}

function addProofTimes(metrics: MetricSet, source: EncoderMetricsSource): void {
  const proofTime = (field: "startMs" | "frameMs"): (() => Sample[]) => {
    return () =>
      source
        .report()
        .encoders.flatMap(({ element, [field]: ms }) =>
          ms === undefined ? [] : [{ labels: { element }, value: ms / 1_000 }],
        );
  };
  metrics.gauge({
    name: "streamspace_encoder_proof_start_seconds",
    help: "From the start of an encoder's process to its first packet, as it was proven.",
    labels: ["element"],
    read: proofTime("startMs"),
  });
  metrics.gauge({
    name: "streamspace_encoder_proof_frame_seconds",
    help: "Time for a frame of 640x480, as the encoder was proven.",
    labels: ["element"],
    read: proofTime("frameMs"),
  });
}
