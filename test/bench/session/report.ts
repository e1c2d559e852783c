/**
 * The results as tables.
 */
import { sizeText } from "../latency/options.ts";
import { ratio, type Table } from "../tables.ts";
import type { IdleResult, ViewersResult } from "./measure.ts";

/** What a run of the benchmark found; a part that was not asked for is absent. */
export interface SessionReport {
  idle?: IdleResult;
  viewers?: readonly ViewersResult[];
}

export function sessionTables({ idle, viewers }: SessionReport): Table[] {
  return [
    ...(idle === undefined ? [] : [idleTable(idle)]),
    ...(viewers === undefined || viewers.length === 0
      ? []
      : [viewersTable(viewers)]),
  ];
}

function idleTable({ size, seconds, shares, sumPercent }: IdleResult): Table {
  return {
    title: `Idle session, ${sizeText(size)}, one viewer in Chromium, over ${seconds} s`,
    wordColumns: 1,
    rows: [
      ["process", "% of one core"],
      ...shares.map(({ role, percent }) => [role, percent.toFixed(3)]),
      ["sum", sumPercent.toFixed(3)],
    ],
  };
}

function viewersTable(results: readonly ViewersResult[]): Table {
  const [first] = results;
  const roles = [
    ...new Set(results.flatMap(({ shares }) => shares.map(({ role }) => role))),
  ];
  const size = first === undefined ? "" : sizeText(first.size);
  return {
    title: `Session on a busy screen, ${size}, ${first?.codec ?? ""}: % of one core by process, and milliseconds of processor for each frame`,
    wordColumns: 0,
    rows: [
      ["viewers", ...roles, "sum", "frames/s", "ms a frame", "×"],
      ...results.map((result) => [
        String(result.viewers),
        ...roles.map((role) =>
          (
            result.shares.find((share) => share.role === role)?.percent ?? 0
          ).toFixed(1),
        ),
        result.sumPercent.toFixed(1),
        result.fps.toFixed(1),
        result.msPerFrame.toFixed(2),
        ratio(result.msPerFrame, first?.msPerFrame),
      ]),
    ],
  };
}
