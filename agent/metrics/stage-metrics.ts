/**
 * How long a frame takes in each stage of the capture host, from what the host last said of itself.
 */
import type { MetricSet } from "./metric-set.ts";

/** Stages of a frame in the host, in their order. */
export const stageNames = ["wait", "grab", "convert", "encode"] as const;
export type StageName = (typeof stageNames)[number];

/** What a host says of its work: counts since its start, times of the last half second in milliseconds. */
export interface StageFacts extends Readonly<
  Record<StageName, { meanMs: number; maxMs: number }>
> {
  readonly grabbed: number;
  readonly repeated: number;
  readonly skipped: number;
  readonly pendingMs: number;
}

/** Adds the metrics of the stages. */
export function addStageMetrics(
  metrics: MetricSet,
  read: () => readonly { stream: string; stages: StageFacts | undefined }[],
): void {
  for (const field of ["meanMs", "maxMs"] as const) {
    const word = field === "meanMs" ? "mean" : "max";
    metrics.gauge({
      name: `streamspace_stage_${word}_seconds`,
      help: `The ${word} time of a frame in a stage, over the last half second of its host; 0 where there was no frame.`,
      labels: ["stream", "stage"],
      read: () =>
        read().flatMap(({ stream, stages }) =>
          stages === undefined
            ? []
            : stageNames.map((stage) => ({
                labels: { stream, stage },
                value: stages[stage][field] / 1_000,
              })),
        ),
    });
  }
  const counts = {
    grabbed: "Grabs of the screen since the host started.",
    repeated: "Frames that repeat the one before, since the host started.",
    skipped:
      "Changes that had to wait for the encoder, since the host started.",
  } as const;
  for (const field of ["grabbed", "repeated", "skipped"] as const) {
    metrics.counter({
      name: `streamspace_host_${field}_total`,
      help: counts[field],
      labels: ["stream"],
      read: () =>
        read().flatMap(({ stream, stages }) =>
          stages === undefined
            ? []
            : [{ labels: { stream }, value: stages[field] }],
        ),
    });
  }
  metrics.gauge({
    name: "streamspace_host_pending_seconds",
    help: "How long the encoder has been at its oldest frame.",
    labels: ["stream"],
    read: () =>
      read().flatMap(({ stream, stages }) =>
        stages === undefined
          ? []
          : [{ labels: { stream }, value: stages.pendingMs / 1_000 }],
      ),
  });
}
