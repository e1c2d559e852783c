/**
 * Prints how many tests of one vitest run passed and failed, as two numbers.
 *
 * usage: node scripts/count-tests.ts <report.json> <exit code of vitest>
 *
 * Whatever is not a pass is a failure: a test that was skipped, a file that could not be loaded, a
 * run without a report, without a test, or that ended badly after its last test.
 */
import { readFileSync } from "node:fs";
import * as v from "valibot";

const reportSchema = v.object({
  testResults: v.array(
    v.object({
      status: v.string(),
      assertionResults: v.array(v.object({ status: v.string() })),
    }),
  ),
});

/** The sum over one report; `undefined` stands for a report that is absent or damaged. */
export function countTests(
  report: unknown,
  exitCode: number,
): { passed: number; failed: number } {
  const read = v.safeParse(reportSchema, report);
  if (!read.success) return { passed: 0, failed: 1 };
  let passed = 0;
  let failed = 0;
  for (const file of read.output.testResults) {
    const passedHere = file.assertionResults.filter(
      (test) => test.status === "passed",
    ).length;
    const failedHere = file.assertionResults.length - passedHere;
    passed += passedHere;
    failed += failedHere;
    if (file.status !== "passed" && failedHere === 0) failed += 1;
  }
  const endedBadly = exitCode !== 0 || passed === 0;
  if (endedBadly && failed === 0) failed = 1;
  return { passed, failed };
}

function readReport(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined; // Absent or cut short: countTests counts it as a failure.
  }
}

if (import.meta.main) {
  const [path = "", exitCode = "1"] = process.argv.slice(2);
  const { passed, failed } = countTests(readReport(path), Number(exitCode));
  console.log(`${passed} ${failed}`);
}
