/**
 * The result for a person: one row for each case, with ratios to streamspace.
 */
import { ratio, type Table } from "../tables.ts";
import type { ContentKind, SystemName } from "./options.ts";

/** One row of the result; the object that `--json` prints. */
export interface CaseResult {
  system: SystemName;
  /** `1280x720` */
  size: string;
  content: ContentKind;
  /** Time from drawing to presentation; half of the pictures took at most this long. */
  p50Ms: number;
  p95Ms: number;
  /** Distinct pictures presented in a second. */
  fps: number;
  /** Processor time of the system's processes for each presented picture. */
  agentCpuMsPerFrame: number;
  /** Mbit/s to the browser. */
  mbps: number;
}

type Figure = "p50Ms" | "p95Ms" | "fps" | "agentCpuMsPerFrame" | "mbps";

const figures: readonly { key: Figure; title: string; digits: number }[] = [
  { key: "p50Ms", title: "p50 ms", digits: 1 },
  { key: "p95Ms", title: "p95 ms", digits: 1 },
  { key: "fps", title: "fps", digits: 1 },
  { key: "agentCpuMsPerFrame", title: "CPU ms/frame", digits: 2 },
  { key: "mbps", title: "Mbit/s", digits: 2 },
];

/** The table; `×` columns are the figure divided by that of streamspace in the same case. */
export function latencyTable(results: readonly CaseResult[]): Table {
  const header = [
    "size",
    "content",
    "system",
    ...figures.flatMap(({ title }) => [title, "×"]),
  ];
  const rows = results.map((result) => {
    const base = results.find(
      ({ system, size, content }) =>
        system === "streamspace" &&
        size === result.size &&
        content === result.content,
    );
    return [
      result.size,
      result.content,
      result.system,
      ...figures.flatMap(({ key, digits }) => [
        result[key].toFixed(digits),
        ratio(result[key], base?.[key]),
      ]),
    ];
  });
  return {
    title: "From drawing to presentation in Chromium",
    wordColumns: 3,
    rows: [header, ...rows],
  };
}
