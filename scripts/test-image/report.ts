/**
 * What a test of an image found, for people and for machines.
 */

/** One check: passed without a `failure`, not done where there is a `skipped`. */
export interface CheckResult {
  name: string;
  seconds: number;
  /** Why it failed, one sentence. */
  failure?: string;
  /** Why it does not apply to this image, engine or agent. */
  skipped?: string;
  /** A figure or a fact worth reading. */
  note?: string;
}

/** All checks of one image. */
export interface ImageReport {
  image: string;
  engine: string;
  results: readonly CheckResult[];
  /** Measured figures by name, with the unit in the name: `healthyAfterMs`. */
  figures: Readonly<Record<string, number>>;
}

/** Whether the image meets the standard: something was checked, and nothing failed. */
export function isPassed({ results }: ImageReport): boolean {
  return (
    results.some(({ skipped }) => skipped === undefined) &&
    results.every(({ failure }) => failure === undefined)
  );
}

/** One line a check, and the sum. */
export function toText(report: ImageReport): string {
  const lines = report.results.map((result) => {
    const word =
      result.failure !== undefined
        ? "FAIL"
        : result.skipped !== undefined
          ? "n/a "
          : "ok  ";
    const detail = result.failure ?? result.skipped ?? result.note;
    return `${word} ${result.name}${detail === undefined ? "" : `: ${detail}`}`;
  });
  const { passed, failed, skipped } = countsOf(report);
  return [
    ...lines,
    `${report.image} on ${report.engine}: ${passed} passed, ${failed} failed, ${skipped} not applicable`,
  ].join("\n");
}

/** The report as JSON, with the sum. */
export function toJson(report: ImageReport): string {
  return JSON.stringify(
    { ...report, ...countsOf(report), isPassed: isPassed(report) },
    undefined,
    2,
  );
}

/** JUnit's XML as CI systems read it: one test suite, one case a check. */
export function toJunit(report: ImageReport): string {
  const { failed, skipped } = countsOf(report);
  const suite = attributes({
    name: `image ${report.image}`,
    tests: report.results.length,
    failures: failed,
    skipped,
  });
  const cases = report.results.map((result) => {
    const inner =
      result.failure !== undefined
        ? `<failure ${attributes({ message: result.failure })}/>`
        : result.skipped !== undefined
          ? `<skipped ${attributes({ message: result.skipped })}/>`
          : "";
    const head = attributes({
      classname: report.image,
      name: result.name,
      time: result.seconds.toFixed(3),
    });
    return `    <testcase ${head}>${inner}</testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite ${suite}>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function countsOf({ results }: ImageReport): {
  passed: number;
  failed: number;
  skipped: number;
} {
  const failed = results.filter(({ failure }) => failure !== undefined).length;
  const skipped = results.filter(
    ({ failure, skipped: why }) => failure === undefined && why !== undefined,
  ).length;
  return { passed: results.length - failed - skipped, failed, skipped };
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(String(value))}"`)
    .join(" ");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** XML 1.0 has no way to write most control characters, so they become spaces. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
    .replaceAll(
      /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu,
      " ",
    )
    .replaceAll("\n", "&#10;");
}
