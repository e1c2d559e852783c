/**
 * Known vulnerabilities, by a scanner that reads the bill of materials. A scanner that is not there, or has no
 * data, makes the result `unavailable`: never a pass.
 */
import * as v from "valibot";
import { findProgram } from "../../agent/base/programs.ts";
import { run, type Command } from "./command.ts";
import { BuildFailure } from "./failure.ts";

export type ScanResult =
  | { state: "skipped" }
  | { state: "unavailable"; reason: string }
  | {
      state: "scanned";
      scanner: ScannerName;
      /** That an update would mend. */
      fixable: SeverityCounts;
      /** That nobody has a fix for, or that the distribution has said it will not fix. */
      unfixed: SeverityCounts;
      /** Of every severity, with a fix and without. */
      total: number;
    };

/** How many findings there are of the severities that the policy knows. */
export interface SeverityCounts {
  critical: number;
  high: number;
}

export type ScannerName = "trivy" | "grype";

/** Where no scanner is installed. */
export const noScanner: ScanResult = {
  state: "unavailable",
  reason: "neither trivy nor grype is installed",
};

/** Loading the data of a scanner for the first time takes minutes. */
const timeoutMs = 600_000;

const trivySchema = v.looseObject({
  Results: v.nullish(
    v.array(
      v.looseObject({
        Vulnerabilities: v.nullish(
          v.array(
            v.looseObject({
              Severity: v.string(),
              Status: v.nullish(v.string()),
              FixedVersion: v.nullish(v.string()),
            }),
          ),
        ),
      }),
    ),
  ),
});
const grypeSchema = v.looseObject({
  matches: v.array(
    v.looseObject({
      vulnerability: v.looseObject({
        severity: v.string(),
        fix: v.nullish(v.looseObject({ state: v.string() })),
      }),
    }),
  ),
});

/** What each scanner is asked. */
const commands: Readonly<Record<ScannerName, (file: string) => Command>> = {
  trivy: (file) => ({
    file: "trivy",
    args: ["sbom", "--quiet", "--format", "json", file],
  }),
  grype: (file) => ({
    file: "grype",
    args: ["--quiet", "--output", "json", `sbom:${file}`],
  }),
};

/** The first scanner that is installed. */
export function findScanner(path?: string): ScannerName | undefined {
  return (["trivy", "grype"] as const).find(
    (name) => findProgram(name, path) !== undefined,
  );
}

/** A vulnerability in one package. */
interface Finding {
  severity: string;
  hasFix: boolean;
}

/** What each scanner says of a finding. grype always says whether there is a fix: where it does not, there may be one. */
const readers: Readonly<Record<ScannerName, (json: unknown) => Finding[]>> = {
  trivy: (json) =>
    (v.parse(trivySchema, json).Results ?? []).flatMap((result) =>
      (result.Vulnerabilities ?? []).map((found) => ({
        severity: found.Severity,
        // Old versions have no status.
        hasFix: found.Status ? found.Status === "fixed" : !!found.FixedVersion,
      })),
    ),
  grype: (json) =>
    v.parse(grypeSchema, json).matches.map(({ vulnerability }) => ({
      severity: vulnerability.severity,
      hasFix: (vulnerability.fix?.state ?? "fixed") === "fixed",
    })),
};

/**
 * Counts what a scanner wrote.
 * @throws when it is not what that scanner writes.
 */
export function countFindings(
  scanner: ScannerName,
  output: string,
): ScanResult {
  const findings = readers[scanner](JSON.parse(output));
  return {
    state: "scanned",
    scanner,
    fixable: countSeverities(findings.filter(({ hasFix }) => hasFix)),
    unfixed: countSeverities(findings.filter(({ hasFix }) => !hasFix)),
    total: findings.length,
  };
}

function countSeverities(findings: readonly Finding[]): SeverityCounts {
  const count = (wanted: string): number =>
    findings.filter(({ severity }) => severity.toLowerCase() === wanted).length;
  return { critical: count("critical"), high: count("high") };
}

/**
 * Scans the bill of materials in `file`.
 * @throws BuildFailure `interrupted` only: a scanner that fails has no result.
 */
export async function scan(
  file: string,
  signal: AbortSignal,
): Promise<ScanResult> {
  const scanner = findScanner();
  if (scanner === undefined) return noScanner;
  try {
    const what = `scanning with ${scanner}`;
    const output = await run(commands[scanner](file), {
      what,
      timeoutMs,
      signal,
    });
    return countFindings(scanner, output);
  } catch (error) {
    if (error instanceof BuildFailure && error.kind === "interrupted") {
      throw error;
    }
    const last = error instanceof BuildFailure ? error.lastLines.at(-1) : "";
    return {
      state: "unavailable",
      reason: `${scanner} gave no result${last ? `: ${last.slice(0, 200)}` : ""}`,
    };
  }
}
