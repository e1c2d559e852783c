/**
 * The results as tables.
 */
import { sizeText } from "../latency/options.ts";
import { ratio, type Table } from "../tables.ts";
import type { CostResult } from "./cost.ts";
import type { Likeness } from "./picture-metrics.ts";
import type { QualityResult } from "./quality.ts";
import { stageNames } from "./stages.ts";

/** What a run of the benchmark found. */
export interface EncodeReport {
  costs: readonly CostResult[];
  qualities: readonly QualityResult[];
}

const costHead = [...stageNames, "sum", "×", "frames/s", "Mbit/s"];

/** Tables by encoder; ratios are to the first encoder at the same bit rate with as many viewers. */
export function encoderTables({ costs, qualities }: EncodeReport): Table[] {
  const [first] = costs;
  if (first === undefined) return [];
  const where = `${sizeText(first.size)} at ${first.frameRate} frames/s`;
  return [
    {
      title: `Milliseconds of processor for each frame, ${where}, busy screen`,
      wordColumns: 2,
      rows: [
        ["encoder", "source", "target Mbit/s", "viewers", ...costHead],
        ...costs.map((cost) => [
          cost.element,
          cost.runner === "host" ? "damage" : "polling",
          megabits(cost.bitrateBps),
          String(cost.viewers),
          ...costCells(cost, baseOf(cost, costs)),
        ]),
      ],
    },
    {
      title: `Luma of received pictures, ${where}: PSNR in dB, SSIM`,
      wordColumns: 1,
      rows: [
        [
          "encoder",
          "target Mbit/s",
          ...["text, first frame", "after 1.3 s", "video"].flatMap((what) => [
            `${what}: dB`,
            "SSIM",
          ]),
          "video Mbit/s",
        ],
        ...qualities.map((quality) => [
          quality.element,
          megabits(quality.bitrateBps),
          ...likenessCells(quality.textFirst),
          ...likenessCells(quality.textRefined),
          ...likenessCells(quality.video),
          quality.videoMbps.toFixed(2),
        ]),
      ],
    },
  ];
}

/** One table for each encoder: how its figures grow, in multiples of its first row. */
export function growthTables({ costs }: EncodeReport): Table[] {
  const elements = [...new Set(costs.map(({ element }) => element))];
  return elements.map((element) => {
    const own = costs.filter((cost) => cost.element === element);
    const rate = own[0]?.bitrateBps ?? 0;
    return {
      title: `Growth: milliseconds of processor for each frame, ${element} at ${megabits(rate)} Mbit/s, busy screen`,
      wordColumns: 1,
      rows: [
        ["size", "at most frames/s", "viewers", ...costHead],
        ...own.map((cost) => [
          sizeText(cost.size),
          String(cost.frameRate),
          String(cost.viewers),
          ...costCells(cost, own[0]),
        ]),
      ],
    };
  });
}

function baseOf(
  cost: CostResult,
  costs: readonly CostResult[],
): CostResult | undefined {
  return costs.find(
    (other) =>
      other.element === costs[0]?.element &&
      other.runner === "host" &&
      other.bitrateBps === cost.bitrateBps &&
      other.viewers === cost.viewers,
  );
}

function costCells(cost: CostResult, base: CostResult | undefined): string[] {
  return [
    ...stageNames.map((name) => cost.stages[name].toFixed(2)),
    cost.totalMs.toFixed(2),
    ratio(cost.totalMs, base?.totalMs),
    cost.fps.toFixed(1),
    cost.mbps.toFixed(2),
  ];
}

function likenessCells({ psnrDb, ssim }: Likeness): string[] {
  return [psnrDb.toFixed(1), ssim.toFixed(4)];
}

function megabits(bitrateBps: number): string {
  return String(bitrateBps / 1e6);
}
