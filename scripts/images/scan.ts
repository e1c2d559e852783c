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
      critical: number;
      high: number;
      /** Of every severity. */
      total: number;
    };

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
          v.array(v.looseObject({ Severity: v.string() })),
        ),
      }),
    ),
  ),
});
const grypeSchema = v.looseObject({
  matches: v.array(
    v.looseObject({ vulnerability: v.looseObject({ severity: v.string() }) }),
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

/**
 * Counts what a scanner wrote.
 * @throws when it is not what that scanner writes.
 */
export function countFindings(
  scanner: ScannerName,
  output: string,
): ScanResult {
  const json: unknown = JSON.parse(output);
  const severities =
    scanner === "trivy"
      ? (v.parse(trivySchema, json).Results ?? []).flatMap((result) =>
          (result.Vulnerabilities ?? []).map((found) => found.Severity),
        )
      : v
          .parse(grypeSchema, json)
          .matches.map((match) => match.vulnerability.severity);
  const count = (wanted: string): number =>
    severities.filter((severity) => severity.toLowerCase() === wanted).length;
  return {
    state: "scanned",
    scanner,
    critical: count("critical"),
    high: count("high"),
    total: severities.length,
  };
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
