/**
 * The table at the end. Pure.
 */
import type { ScanResult } from "./scan.ts";

/** What the table says of an image. */
export interface SummaryRow {
  name: string;
  architecture: string;
  /** Layers, the lowest first. */
  layers: readonly {
    digest: string;
    /** Compressed bytes. */
    size: number;
    uncompressedSize: number;
  }[];
  timeMs: number;
  digest: string;
  /** Of the list that the tag names where there are several platforms. */
  listDigest: string | undefined;
  scan: ScanResult;
  /** `-` where nothing was pushed or nothing was to be signed. */
  signature: "verified" | "-";
}

/** Sizes of all images together, compressed bytes. */
export interface Sharing {
  /** As if each image had its layers for itself. */
  separate: number;
  /** Each layer once. */
  stored: number;
}

export function sharingOf(rows: readonly SummaryRow[]): Sharing {
  const layers = rows.flatMap((row) => row.layers);
  const once = new Map(layers.map(({ digest, size }) => [digest, size]));
  return {
    separate: sum(layers.map(({ size }) => size)),
    stored: sum([...once.values()]),
  };
}

/** Compressed bytes of a row's layers that another row has too. */
export function sharedBytes(
  row: SummaryRow,
  rows: readonly SummaryRow[],
): number {
  const others = new Set(
    rows
      .filter((other) => other !== row)
      .flatMap((other) => other.layers.map(({ digest }) => digest)),
  );
  return sum(
    row.layers
      .filter(({ digest }) => others.has(digest))
      .map(({ size }) => size),
  );
}

/** The table, ready to be printed. */
export function formatSummary(rows: readonly SummaryRow[]): string {
  const header = [
    "image",
    "size",
    "packed",
    "layers",
    "shared",
    "time",
    "vulnerabilities",
    "signature",
    "digest",
  ];
  const cells = rows.map((row) => [
    `${row.name} ${row.architecture}`,
    megabytes(sum(row.layers.map(({ uncompressedSize }) => uncompressedSize))),
    megabytes(sum(row.layers.map(({ size }) => size))),
    String(row.layers.length),
    megabytes(sharedBytes(row, rows)),
    `${(row.timeMs / 1000).toFixed(1)} s`,
    describeScan(row.scan),
    row.signature,
    row.digest,
  ]);
  const { separate, stored } = sharingOf(rows);
  const lists = rows.flatMap(({ name, listDigest }) =>
    listDigest === undefined ? [] : [`${name} on all platforms: ${listDigest}`],
  );
  return [
    ...alignColumns([header, ...cells]),
    ...new Set(lists),
    `layers: ${megabytes(stored)} stored once, ${megabytes(separate)} without sharing, ${megabytes(separate - stored)} shared`,
  ].join("\n");
}

/** A scan in a few words. */
export function describeScan(scan: ScanResult): string {
  switch (scan.state) {
    case "skipped":
      return "not looked for";
    case "unavailable":
      return "unavailable";
    case "scanned": {
      const { fixable, unfixed } = scan;
      const counts = `${fixable.critical} critical, ${fixable.high} high`;
      return unfixed.critical + unfixed.high === 0
        ? counts
        : `${counts} (without a fix: ${unfixed.critical}, ${unfixed.high})`;
    }
  }
}

function alignColumns(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Bytes as people read them. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
