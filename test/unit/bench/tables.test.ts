import { describe, expect, it } from "vitest";
import { formatTables, type Table } from "../../bench/tables.ts";

const table: Table = {
  title: "Costs",
  wordColumns: 1,
  rows: [
    ["encoder", "×"],
    ["x264enc", "1.00"],
    ["vp8enc", "11.25"],
  ],
};

describe("tables", () => {
  it("set words to the left and figures to the right", () => {
    expect(formatTables([table], { markdown: false }).split("\n")).toEqual([
      "Costs",
      "encoder      ×",
      "x264enc   1.00",
      "vp8enc   11.25",
    ]);
  });

  it("are Markdown as Prettier would set it", () => {
    expect(formatTables([table, table], { markdown: true })).toBe(
      [
        "**Costs**",
        "",
        "| encoder |     × |",
        "| ------- | ----: |",
        "| x264enc |  1.00 |",
        "| vp8enc  | 11.25 |",
        "",
        "**Costs**",
        "",
        "| encoder |     × |",
        "| ------- | ----: |",
        "| x264enc |  1.00 |",
        "| vp8enc  | 11.25 |",
      ].join("\n"),
    );
  });
});
