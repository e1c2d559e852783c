import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { countTests } from "../../../scripts/count-tests.ts";

/** A report with files `a.test.ts`, `b.test.ts`, … of tests that are called `test 1`, `test 2`, …. */
function report(...files: [status: string, ...tests: string[]][]): unknown {
  return {
    testResults: files.map(([status, ...tests], file) => ({
      name: join(process.cwd(), `test/${"abc"[file] ?? ""}.test.ts`),
      status,
      assertionResults: tests.map((test, index) => ({
        status: test,
        fullName: `test ${index + 1}`,
      })),
    })),
  };
}

describe("the sum over a test report", () => {
  it("counts passed and failed tests over all files, and names those", () => {
    const two = report(
      ["passed", "passed", "passed"],
      ["failed", "passed", "failed"],
    );
    expect(countTests(two, 1)).toEqual({
      ...{ passed: 3, failed: 1, names: ["test/b.test.ts: test 2"] },
    });
  });

  it.each(["skipped", "pending", "todo", "disabled"])(
    "counts a test that is %s as failed",
    (status) => {
      const result = countTests(report(["passed", "passed", status]), 0);
      expect(result).toEqual({
        ...{ passed: 1, failed: 1, names: ["test/a.test.ts: test 2"] },
      });
    },
  );

  it("counts a file that could not be loaded as failed", () => {
    const result = countTests(report(["passed", "passed"], ["failed"]), 1);
    expect(result).toEqual({
      ...{ passed: 1, failed: 1, names: ["test/b.test.ts"] },
    });
  });

  it.each([undefined, {}, "text"])("counts the report %j as failed", (bad) => {
    expect(countTests(bad, 0)).toEqual({
      ...{ passed: 0, failed: 1, names: ["the run has no report"] },
    });
  });

  it("counts a run without any test as failed", () => {
    expect(countTests(report(), 0)).toEqual({
      ...{
        passed: 0,
        failed: 1,
        names: ["the run ended with 0 after no test"],
      },
    });
  });

  it("never takes a runner that failed for one without failures", () => {
    const result = countTests(report(["passed", "passed"]), 1);
    expect(result).toEqual({
      ...{ passed: 1, failed: 1 },
      names: ["the run ended with 1 after 1 passed"],
    });
  });
});
