/**
 * Prints how many tests of one vitest run passed and failed, as two numbers, and then what failed, a line each.
 *
 * usage: node scripts/count-tests.ts <report.json> <exit code of vitest>
 *
 * Whatever is not a pass is a failure: a test that was skipped, a file that could not be loaded, a
 * run without a report, without a test, or that ended badly after its last test.
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import * as v from "valibot";

const reportSchema = v.object({
  testResults: v.array(
    v.object({
      name: v.optional(v.string(), "a file"),
      status: v.string(),
      assertionResults: v.array(
        v.object({
          status: v.string(),
          fullName: v.optional(v.string(), "a test"),
        }),
      ),
    }),
  ),
});

/** Of a long run the end is what is kept of its output. */
const mostNames = 20;

/** The sum over one report; `undefined` stands for a report that is absent or damaged. */
export function countTests(
  report: unknown,
  exitCode: number,
): { passed: number; failed: number; names: string[] } {
  const read = v.safeParse(reportSchema, report);
  if (!read.success)
    return { passed: 0, failed: 1, names: ["the run has no report"] };
  let passed = 0;
  const names: string[] = [];
  for (const file of read.output.testResults) {
    const path = relative(process.cwd(), file.name);
    const failedHere = file.assertionResults.filter(
      (test) => test.status !== "passed",
    );
    passed += file.assertionResults.length - failedHere.length;
    names.push(...failedHere.map(({ fullName }) => `${path}: ${fullName}`));
    if (file.status !== "passed" && failedHere.length === 0) names.push(path);
  }
  const endedBadly = exitCode !== 0 || passed === 0;
  if (endedBadly && names.length === 0)
    names.push(
      `the run ended with ${exitCode} after ${passed === 0 ? "no test" : `${passed} passed`}`,
    );
  return { passed, failed: names.length, names };
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
  const { passed, failed, names } = countTests(
    readReport(path),
    Number(exitCode),
  );
  console.log([`${passed} ${failed}`, ...names.slice(0, mostNames)].join("\n"));
}
