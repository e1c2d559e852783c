import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latencyTable, type CaseResult } from "../../bench/latency/table.ts";
import { systemNames } from "../../bench/latency/options.ts";
import { formatTables, ratio } from "../../bench/tables.ts";

const base: CaseResult = {
  system: "streamspace",
  size: "1280x720",
  content: "still",
  p50Ms: 20,
  p95Ms: 25,
  fps: 20,
  agentCpuMsPerFrame: 4,
  mbps: 0.5,
};

describe("table of the latency benchmark", () => {
  it("compares each system with streamspace in the same case", () => {
    const table = tableText([
      base,
      { ...base, system: "x11vnc", p50Ms: 30, agentCpuMsPerFrame: 1 },
      { ...base, content: "busy", system: "x11vnc" },
    ]);
    expect(table.split("\n")).toEqual([
      "size      content  system       p50 ms     ×  p95 ms     ×   fps     ×  CPU ms/frame     ×  Mbit/s     ×",
      "1280x720  still    streamspace    20.0  1.00    25.0  1.00  20.0  1.00          4.00  1.00    0.50  1.00",
      "1280x720  still    x11vnc         30.0  1.50    25.0  1.00  20.0  1.00          1.00  0.25    0.50  1.00",
      "1280x720  busy     x11vnc         20.0     –    25.0     –  20.0     –          4.00     –    0.50     –",
    ]);
  });

  it("has lines of one width whatever the figures are", () => {
    const figure = fc.double({ min: 0, max: 1e6, noNaN: true });
    const result = fc.record({
      system: fc.constantFrom(...systemNames),
      size: fc.constantFrom("1280x720", "320x240"),
      content: fc.constantFrom("still" as const, "busy" as const),
      p50Ms: figure,
      p95Ms: figure,
      fps: figure,
      agentCpuMsPerFrame: figure,
      mbps: figure,
    });
    fc.assert(
      fc.property(fc.array(result, { minLength: 1 }), (results) => {
        const lines = tableText(results).split("\n");
        expect(lines).toHaveLength(results.length + 1);
        expect(new Set(lines.map((line) => line.length)).size).toBe(1);
      }),
    );
  });

  it("has a dash where there is nothing to divide by", () => {
    expect([ratio(3, 2), ratio(3, 0), ratio(3, undefined)]).toEqual([
      "1.50",
      "–",
      "–",
    ]);
  });
});

/** Without the title. */
function tableText(results: readonly CaseResult[]): string {
  const text = formatTables([latencyTable(results)], { markdown: false });
  return text.slice(text.indexOf("\n") + 1);
}
