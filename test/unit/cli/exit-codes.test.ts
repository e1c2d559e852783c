import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../agent/base/errors.ts";
import { exitCodeOf } from "../../../agent/cli/exit-codes.ts";

describe("exit codes", () => {
  const table: [ErrorCode, number][] = [
    ["config", 78],
    ["missing-program", 69],
    ["missing-element", 69],
    ["display-unreachable", 69],
    ["unwritable", 73],
    ["port-taken", 75],
    ["listen-failed", 71],
    ["unauthorized", 77],
    ["timeout", 1],
    ["internal", 70],
  ];

  it.each(table)("an error %s ends the program with %i", (code, exitCode) => {
    expect(exitCodeOf(code)).toBe(exitCode);
  });
});
