/**
 * Prints how many checks of images passed and failed, as two numbers.
 *
 * usage: node scripts/count-image-checks.ts <folder of the reports> <exit code of test-images.sh>
 *
 * Checks that do not apply to an image are neither. An image that was planned and has no whole report is a failure.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const reportSchema = v.object({
  results: v.pipe(
    v.array(
      v.object({
        failure: v.optional(v.string()),
        skipped: v.optional(v.string()),
      }),
    ),
    v.minLength(1),
  ),
});

/** The sum over the reports; `undefined` stands for one that is absent or damaged. */
export function countImageChecks(
  reports: readonly unknown[],
  exitCode: number,
): { passed: number; failed: number } {
  let passed = 0;
  let failed = 0;
  for (const report of reports) {
    const read = v.safeParse(reportSchema, report);
    if (!read.success) {
      failed += 1;
      continue;
    }
    for (const { failure, skipped } of read.output.results) {
      if (failure !== undefined) failed += 1;
      else if (skipped === undefined) passed += 1;
    }
  }
  const endedBadly = exitCode !== 0 || passed === 0;
  if (endedBadly && failed === 0) failed = 1;
  return { passed, failed };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined; // Absent or cut short: counted as a failure.
  }
}

function plannedImages(folder: string): string[] {
  try {
    return readFileSync(join(folder, "planned"), "utf8").split("\n");
  } catch {
    return []; // It ended before it had a plan; its exit code says so.
  }
}

if (import.meta.main) {
  const [folder = "", exitCode = "1"] = process.argv.slice(2);
  const reports = plannedImages(folder)
    .filter((name) => name !== "")
    .map((name) => readJson(join(folder, `${name}.json`)));
  const { passed, failed } = countImageChecks(reports, Number(exitCode));
  console.log(`${passed} ${failed}`);
}
