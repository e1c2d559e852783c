/**
 * Metrics for whatever starts and ends sessions: idle time, and whether its events arrive.
 */
import type { HealthSnapshot } from "../../signaling/protocol.ts";
import type { MetricSet, Sample } from "./metric-set.ts";

/** Adds the metrics to `metrics`. */
export function addOrchestrationMetrics(
  metrics: MetricSet,
  report: () => HealthSnapshot,
): void {
  metrics.gauge({
    name: "streamspace_idle_seconds",
    help: "For how long no viewer has been connected; 0 while one is.",
    read: () => [{ value: secondsSince(report().idle?.since) ?? 0 }],
  });
  metrics.gauge({
    name: "streamspace_input_idle_seconds",
    help: "Since the latest input of a viewer; absent before the first.",
    read: () => {
      const value = secondsSince(report().idle?.lastInput);
      return value === undefined ? [] : [{ value }];
    },
  });
  const ofEach =
    (field: "delivered" | "dropped" | "failures" | "queued") => (): Sample[] =>
      (report().events ?? []).map((receiver) => ({
        labels: { receiver: receiver.name },
        value: receiver[field],
      }));
  const labels = ["receiver"];
  metrics.counter({
    name: "streamspace_events_delivered_total",
    help: "Events that a receiver has taken.",
    labels,
    read: ofEach("delivered"),
  });
  metrics.counter({
    name: "streamspace_events_dropped_total",
    help: "Events that a receiver will never get: too many waited, or it refused them.",
    labels,
    read: ofEach("dropped"),
  });
  metrics.counter({
    name: "streamspace_event_failures_total",
    help: "Tries to deliver an event that failed.",
    labels,
    read: ofEach("failures"),
  });
  metrics.gauge({
    name: "streamspace_events_queued",
    help: "Events that wait for their receiver.",
    labels,
    read: ofEach("queued"),
  });
}

/** @param since ISO 8601. */
function secondsSince(since: string | null | undefined): number | undefined {
  return since === null || since === undefined
    ? undefined
    : Math.max(0, (Date.now() - Date.parse(since)) / 1_000);
}
