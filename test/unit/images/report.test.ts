import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isPassed,
  toJson,
  toJunit,
  toText,
  type CheckResult,
  type ImageReport,
} from "../../../scripts/test-image/report.ts";

const passed: CheckResult = { name: "a", seconds: 1, note: "12 ms" };
const failed: CheckResult = {
  name: "b",
  seconds: 2,
  failure: 'no <window> & "title"',
};
const skipped: CheckResult = { name: "c", seconds: 0, skipped: "no clipboard" };

function reportOf(...results: CheckResult[]): ImageReport {
  return {
    image: "x",
    engine: "podman",
    results,
    figures: { firstFrameMs: 5 },
  };
}

describe("report of an image", () => {
  it.each([
    ["all passed", [passed], true],
    ["one failed", [passed, failed], false],
    ["some not applicable", [passed, skipped], true],
    ["nothing checked", [skipped], false],
    ["no result at all", [], false],
  ])("passes or not: %s", (_, results, expected) => {
    expect(isPassed(reportOf(...results))).toBe(expected);
  });

  it("has a line for each check and the sum last", () => {
    expect(toText(reportOf(passed, failed, skipped)).split("\n")).toEqual([
      "ok   a: 12 ms",
      'FAIL b: no <window> & "title"',
      "n/a  c: no clipboard",
      "x on podman: 1 passed, 1 failed, 1 not applicable",
    ]);
  });

  it("says in JSON whether the image passed", () => {
    expect(JSON.parse(toJson(reportOf(passed, failed)))).toMatchObject({
      passed: 1,
      failed: 1,
      isPassed: false,
      figures: { firstFrameMs: 5 },
    });
  });

  it("escapes what XML does not allow", () => {
    const xml = toJunit(reportOf(failed));
    expect(xml).toContain('failures="1"');
    expect(xml).toContain("no &lt;window&gt; &amp; &quot;title&quot;");
  });

  it("writes XML without markup or control characters from any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (failure) => {
        const xml = toJunit(reportOf({ name: "n", seconds: 0, failure }));
        const [, message = ""] =
          /<failure message="([^"]*)"\/>/.exec(xml) ?? [];
        expect(xml.match(/<failure /g)).toHaveLength(1);
        expect(message).not.toMatch(/[<>]/);
        // eslint-disable-next-line no-control-regex -- they are what is looked for
        expect(message).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
      }),
    );
  });
});
