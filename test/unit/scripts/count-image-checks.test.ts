/**
 * The counting of the images' checks: what was not seen to pass is a failure.
 */
import { describe, expect, it } from "vitest";
import { countImageChecks } from "../../../scripts/count-image-checks.ts";

const passed = { name: "a", seconds: 1 };
const failed = { name: "b", seconds: 1, failure: "it is wrong" };
const skipped = { name: "c", seconds: 0, skipped: "it has none" };

describe("checks of images", () => {
  it.each([
    [
      "what does not apply is neither",
      [[passed, skipped], [passed]],
      0,
      { passed: 2, failed: 0 },
    ],
    ["failures", [[passed, failed, failed]], 1, { passed: 1, failed: 2 }],
    [
      "a bad end after the last check",
      [[passed]],
      124,
      { passed: 1, failed: 1 },
    ],
    ["nothing that applies", [[skipped]], 0, { passed: 0, failed: 1 }],
    ["an empty report", [[passed], []], 0, { passed: 1, failed: 1 }],
    ["no report at all", [], 0, { passed: 0, failed: 1 }],
  ])("are counted: %s", (_, results, exitCode, expected) => {
    const reports = results.map((each) => ({ results: each }));
    expect(countImageChecks(reports, exitCode)).toEqual(expected);
  });

  it("count an image whose report is absent or damaged as one failure", () => {
    const reports = [{ results: [passed] }, undefined, { results: "none" }];
    expect(countImageChecks(reports, 1)).toEqual({ passed: 1, failed: 2 });
  });
});
